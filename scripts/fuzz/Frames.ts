/** Frames as structures that can be twisted, with headers that may lie. */
import * as Wire from "../../test/protocol/Wire.ts"
import type { Random } from "./Random.ts"

interface Frame extends Wire.Sent {
  readonly payload: Uint8Array
  /** The length in the header, if it is not the payload's. */
  readonly announced?: bigint | undefined
}

/** Long inputs take long, and show nothing that short ones do not. */
const maxSize = 1500

const keyOf = (random: Random) => Array.from(random.octets(4))

const write = ({ announced, ...sent }: Frame): Uint8Array => {
  if (announced === undefined) return Wire.frame(sent)
  const payload = sent.mask === undefined ? sent.payload : Wire.masking(sent.payload, sent.mask)
  return Wire.concat([Wire.header(sent, announced), payload])
}

const headerSize = (second: number): number =>
  2 + ((second & 0x7f) === 127 ? 8 : (second & 0x7f) === 126 ? 2 : 0) + (second >> 7) * 4

/** What header and octets say, however wrong. */
const readOne = (bytes: Uint8Array): readonly [Frame, number] => {
  const [first, second] = bytes
  const size = headerSize(second)
  const octets: Wire.Sent["lengthOctets"] = (second & 0x7f) === 127 ? 8 : (second & 0x7f) === 126 ? 2 : undefined
  const extended = Buffer.from(bytes.subarray(2, 2 + (octets ?? 0))).toString("hex")
  const announced = octets === undefined ? BigInt(second & 0x7f) : BigInt(`0x${extended}`)
  const there = BigInt(bytes.length - size) < announced ? bytes.length - size : Number(announced)
  const mask = second >= 0x80 ? Array.from(bytes.subarray(size - 4, size)) : undefined
  const raw = bytes.subarray(size, size + there)
  const payload = mask === undefined ? raw : Wire.masking(raw, mask)
  const flags = { fin: first >= 0x80, rsv: (first >> 4) & 7, opcode: first & 15, lengthOctets: octets }
  const isTrue = announced === BigInt(there)
  return [{ ...flags, mask, payload, announced: isTrue ? undefined : announced }, size + there]
}

const read = (bytes: Uint8Array): ReadonlyArray<Frame> => {
  const frames: Array<Frame> = []
  let at = 0
  while (at + 2 <= bytes.length && at + headerSize(bytes[at + 1]) <= bytes.length) {
    const [frame, size] = readOne(bytes.subarray(at))
    frames.push(frame)
    at += size
  }
  return frames
}

const texts = ["", "a", "κόσμε", "\u{10ffff}", "\ufeff\ufffd", "x".repeat(125), "y".repeat(126), "z".repeat(300)]
const odd = ["c3", "c0af", "eda080", "f4908080", "e282", "f09f92", "03e8", "03e7", "0bb8c3", "00", "ff", "1388"]
const lengths = [0n, 1n, 125n, 126n, 127n, 65_535n, 65_536n, 2n ** 31n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n]
const opcodes = [0, 0, 1, 2, 8, 9, 10, 3, 15]

const payloadOf = (random: Random): Uint8Array => {
  if (random.oneIn(3)) return Wire.hex(random.pick(odd))
  return random.oneIn(4) ? random.octets(random.below(140)) : Wire.utf8(random.pick(texts))
}

const fresh = (random: Random, mask: Frame["mask"]): Frame => ({
  fin: !random.oneIn(3),
  rsv: random.oneIn(6) ? 4 : 0,
  opcode: random.pick(opcodes),
  payload: payloadOf(random),
  mask: mask === undefined ? undefined : keyOf(random)
})

const flip = (payload: Uint8Array, random: Random): Uint8Array => {
  const at = random.below(payload.length)
  return payload.map((octet, i) => i === at ? random.below(256) : octet)
}

const shorten = (payload: Uint8Array, random: Random): Uint8Array => payload.subarray(0, random.below(payload.length))

/** Changes one frame. */
const twists: ReadonlyArray<(frame: Frame, random: Random) => Frame> = [
  (frame) => ({ ...frame, fin: frame.fin === false }),
  (frame, random) => ({ ...frame, rsv: random.oneIn(2) ? 4 : random.below(8) }),
  (frame, random) => ({ ...frame, opcode: random.pick(opcodes) }),
  (frame, random) => ({ ...frame, mask: frame.mask === undefined ? keyOf(random) : undefined }),
  (frame, random) => ({ ...frame, mask: frame.mask && keyOf(random) }),
  (frame, random) => ({ ...frame, announced: random.pick(lengths), lengthOctets: undefined }),
  (frame, random) => ({ ...frame, announced: BigInt(frame.payload.length + random.pick([1, 2, 100])) }),
  (frame, random) => ({ ...frame, announced: undefined, lengthOctets: random.pick([undefined, 2, 8]) }),
  (frame, random) => ({ ...frame, announced: undefined, payload: payloadOf(random) }),
  (frame, random) => ({ ...frame, payload: flip(frame.payload, random) }),
  (frame, random) => ({ ...frame, announced: undefined, payload: shorten(frame.payload, random) }),
  (frame, random) => ({ ...frame, payload: Wire.concat([frame.payload, payloadOf(random)]), announced: undefined })
]

/** The same message in two frames. */
const fragment = (frame: Frame, random: Random): ReadonlyArray<Frame> => {
  const at = random.below(frame.payload.length + 1)
  const own = { ...frame, announced: undefined, lengthOctets: undefined }
  return [
    { ...own, fin: false, payload: frame.payload.subarray(0, at) },
    { ...own, opcode: 0, rsv: 0, payload: frame.payload.subarray(at), mask: frame.mask && keyOf(random) }
  ]
}

/** Changes the order and the number of frames. `at` is where. */
const moves: ReadonlyArray<
  (frames: ReadonlyArray<Frame>, at: number, random: Random, other: ReadonlyArray<Frame>) => ReadonlyArray<Frame>
> = [
  (frames, at, random) => frames.toSpliced(at, 1, random.pick(twists)(frames[at], random)),
  (frames, at, random) => frames.toSpliced(at, 1, random.pick(twists)(frames[at], random)),
  (frames, at, random) => frames.toSpliced(at, 1, random.pick(twists)(frames[at], random)),
  (frames, at, random) => frames.toSpliced(at, 0, fresh(random, frames[at].mask)),
  (frames, at, random) => [...frames, fresh(random, frames[at].mask)],
  (frames, at, random) => frames.toSpliced(at, 1, ...fragment(frames[at], random)),
  (frames, at) => frames.toSpliced(at, 1),
  (frames, at) => frames.toSpliced(at, 0, frames[at]),
  (frames, at, random) => frames.toSpliced(at, 1).toSpliced(random.below(frames.length), 0, frames[at]),
  (frames, at, random, other) => [...frames.slice(0, at), ...other.slice(random.below(other.length))],
  (frames, at, _, other) => frames.toSpliced(at, 0, ...other.slice(0, 3))
]

const anywhere = (content: Uint8Array, random: Random): Uint8Array => {
  const at = random.below(content.length)
  if (random.oneIn(3)) return content.slice(0, at)
  if (random.oneIn(2)) return flip(content, random)
  return Wire.concat([content.subarray(0, at), random.octets(1 + random.below(4)), content.subarray(at)])
}

/** Twists the frames of a content, or now and then its octets. */
export const mutate = (content: Uint8Array, random: Random, other: Uint8Array): Uint8Array => {
  if (content.length > 0 && random.oneIn(12)) return anywhere(content, random)
  const frames = read(content)
  if (frames.length === 0) return write(fresh(random, random.oneIn(2) ? [1, 2, 3, 4] : undefined))
  const moved = random.pick(moves)(frames, random.below(frames.length), random, read(other))
  return Wire.concat(moved.slice(0, 24).map(write)).subarray(0, maxSize)
}

const message = (mask: Frame["mask"]): Uint8Array =>
  Wire.concat([
    { opcode: 1, fin: false, payload: Wire.utf8("Hel") },
    { opcode: 9, payload: Wire.utf8("p") },
    { opcode: 0, payload: Wire.utf8("lo") },
    { opcode: 2, payload: Wire.octets(300) },
    { opcode: 1, rsv: 4, payload: Wire.utf8("compressed") },
    { opcode: 8, payload: Wire.hex("03e8 627965") }
  ].map((sent) => Wire.frame({ ...sent, mask })))

/** A text of two fragments that ends within a character. */
const cutText = (mask: Frame["mask"]): Uint8Array =>
  Wire.concat([
    Wire.frame({ opcode: 1, fin: false, payload: Wire.utf8("a"), mask }),
    Wire.frame({ opcode: 0, payload: Wire.hex("c3"), mask })
  ])

/** What is said to a client, and to a server. */
export const seeds: ReadonlyArray<Uint8Array> = [undefined, Wire.exampleMask].flatMap((mask) => [
  message(mask),
  cutText(mask)
])

/** Who receives it, most of the time: a server is sent masked frames. */
export const isForServer = (content: Uint8Array, random: Random): boolean =>
  (content.length > 1 && content[1] >= 0x80) !== random.oneIn(20)
