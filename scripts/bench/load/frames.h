/* Reads frame headers, and no payloads (RFC 6455 5.2). */
#include <stddef.h>
#include <stdint.h>

typedef struct {
  unsigned char header[14];
  unsigned have;
  uint64_t payload; /* Octets that are still to come */
  uint64_t messages, octets, pongs, closes;
} Reader;

/* As far as is known. */
static unsigned headerSize(const Reader *reader) {
  if (reader->have < 2) return 2;
  unsigned code = reader->header[1] & 0x7f;
  return 2 + (code == 127 ? 8 : code == 126 ? 2 : 0) + (reader->header[1] & 0x80 ? 4 : 0);
}

static uint64_t payloadSize(const Reader *reader) {
  unsigned code = reader->header[1] & 0x7f;
  unsigned size = code == 127 ? 8 : code == 126 ? 2 : 0;
  uint64_t length = size == 0 ? code : 0;
  for (unsigned i = 0; i < size; i++) length = length << 8 | reader->header[2 + i];
  return length;
}

static void onFrame(Reader *reader) {
  unsigned opcode = reader->header[0] & 0x0f;
  reader->have = 0;
  if (opcode == 0x08) reader->closes++;
  if (opcode == 0x0a) reader->pongs++;
  if (opcode <= 0x02 && reader->header[0] & 0x80) reader->messages++;
}

static void readFrames(Reader *reader, const unsigned char *bytes, size_t length) {
  for (size_t at = 0; at < length;) {
    if (reader->payload == 0) {
      reader->header[reader->have++] = bytes[at++];
      if (reader->have < headerSize(reader)) continue;
      reader->payload = payloadSize(reader);
      if ((reader->header[0] & 0x0f) <= 0x02) reader->octets += reader->payload;
    } else {
      size_t count = length - at < reader->payload ? length - at : reader->payload;
      reader->payload -= count;
      at += count;
    }
    if (reader->payload == 0) onFrame(reader);
  }
}
