/* SHA-1 of a short text (RFC 3174), and Base64 (RFC 4648): for Sec-WebSocket-Accept. */
#include <stdint.h>
#include <string.h>

static uint32_t rotate(uint32_t word, int bits) { return word << bits | word >> (32 - bits); }

static void hashBlock(uint32_t *state, const unsigned char *block) {
  uint32_t words[80], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
  for (int i = 0; i < 16; i++) {
    words[i] = (uint32_t)block[4 * i] << 24 | block[4 * i + 1] << 16 | block[4 * i + 2] << 8 | block[4 * i + 3];
  }
  for (int i = 16; i < 80; i++) words[i] = rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
  for (int i = 0; i < 80; i++) {
    uint32_t mixed = i < 20 ? ((b & c) | (~b & d)) + 0x5a827999
      : i < 40 ? (b ^ c ^ d) + 0x6ed9eba1
      : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
      : (b ^ c ^ d) + 0xca62c1d6;
    uint32_t next = rotate(a, 5) + mixed + e + words[i];
    e = d, d = c, c = rotate(b, 30), b = a, a = next;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
}

/* Of a text that fits in two blocks, as a key and its GUID do. */
static void sha1(const char *text, unsigned char digest[20]) {
  uint32_t state[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
  unsigned char blocks[128] = { 0 };
  size_t length = strlen(text), size = length < 56 ? 64 : 128;
  memcpy(blocks, text, length);
  blocks[length] = 0x80;
  blocks[size - 2] = length * 8 >> 8;
  blocks[size - 1] = length * 8 & 0xff;
  for (size_t at = 0; at < size; at += 64) hashBlock(state, blocks + at);
  for (int i = 0; i < 20; i++) digest[i] = state[i / 4] >> (24 - i % 4 * 8);
}

/* Of 20 octets, which are 27 digits and one for padding. */
static void base64(const unsigned char bytes[20], char text[29]) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (int i = 0; i < 27; i++) {
    int bit = i * 6, at = bit / 8;
    unsigned pair = bytes[at] << 8 | (at < 19 ? bytes[at + 1] : 0);
    text[i] = digits[pair >> (10 - bit % 8) & 63];
  }
  memcpy(text + 27, "=", 2);
}
