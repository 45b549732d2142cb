/**
 * Messages at the edges: of the three length encodings (RFC 6455 §5.2), and of UTF-8.
 */

const sizes = [0, 1, 125, 126, 65_535, 65_536, 16 * 1024 * 1024]

const octets = (size: number): Buffer => Buffer.alloc(size, Buffer.from(Array.from({ length: 251 }, (_, i) => i)))

const edges = [
  "\u0000",
  "\u007f\u0080", // one octet, two octets
  "\u07ff\u0800", // two octets, three octets
  "\ud7ff\ue000", // on both sides of the surrogates
  "\ufeffa byte order mark stays",
  "\ufffd\ufffe\uffff",
  "\u{10000}\u{10ffff}", // four octets
  "Straße, 東京, 👩‍👩‍👧"
]

/** By name. */
export const payloads: ReadonlyArray<readonly [name: string, payload: string | Buffer]> = [
  ...sizes.map((size) => [`binary of ${size} octets`, octets(size)] as const),
  ...sizes.map((size) => [`text of ${size} octets`, octets(size).toString("latin1").replace(/[^ -~]/g, "x")] as const),
  ...edges.map((text) => [`text ${JSON.stringify(text)}`, text] as const)
]

/** A reason of 123 octets, the longest there can be (RFC 6455 §5.5). */
export const longReason = "ä€".repeat(24) + "abc"

/** Ways to close, with what the other side sees. */
export const closes: ReadonlyArray<readonly [code: number | undefined, reason: string, seen: number]> = [
  [1000, "", 1000],
  [1000, "done", 1000],
  [3000, "", 3000],
  [4999, longReason, 4999],
  [undefined, "", 1005]
]
