/** Compressed messages of one direction, one behind the other, each behind two octets with its length. */
import * as Zlib from "node:zlib"
import type { Random } from "./Random.ts"

export const read = (content: Uint8Array): ReadonlyArray<Uint8Array> => {
  const all: Array<Uint8Array> = []
  for (let at = 0; at + 2 <= content.length;) {
    const length = (content[at] << 8) | content[at + 1]
    all.push(content.slice(at + 2, at + 2 + length))
    at += 2 + length
  }
  return all
}

const write = (packets: ReadonlyArray<Uint8Array>): Uint8Array =>
  new Uint8Array(Buffer.concat(packets.flatMap((packet) => [Buffer.of(packet.length >> 8, packet.length), packet])))

const { Z_FIXED, Z_FULL_FLUSH, Z_HUFFMAN_ONLY, Z_RLE, Z_SYNC_FLUSH } = Zlib.constants

const plainOf = (random: Random): Buffer => {
  const word = random.oneIn(3)
    ? Buffer.from(random.octets(1 + random.below(40)))
    : Buffer.from("{\"id\": 7919, \"name\": ")
  return Buffer.concat(Array.from({ length: random.oneIn(20) ? 2000 : random.below(20) }, () => word))
}

const level = (random: Random): Zlib.ZlibOptions => ({
  level: random.pick([0, 1, 6, 9]),
  strategy: random.pick([0, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE]),
  windowBits: random.pick([15, 9, 12])
})

/** A message as a peer compresses it; or with its last block marked as such; or with more behind it. */
const compress = (random: Random): Uint8Array => {
  const finishFlush = random.pick([Z_SYNC_FLUSH, Z_FULL_FLUSH])
  if (random.oneIn(4)) return Buffer.concat([Zlib.deflateRawSync(plainOf(random), level(random)), Buffer.of(0)])
  return Zlib.deflateRawSync(plainOf(random), { ...level(random), finishFlush }).subarray(0, -4)
}

const flip = (packet: Uint8Array, random: Random): Uint8Array => {
  const [at, bit] = [random.below(packet.length), 1 << random.below(8)]
  return packet.map((octet, i) => i === at ? octet ^ bit : octet)
}

type Twist = (packet: Uint8Array, random: Random) => Uint8Array

const twists: ReadonlyArray<Twist> = [
  flip,
  flip,
  (packet, random) => packet.subarray(0, random.below(packet.length + 1)),
  (packet, random) => packet.subarray(random.below(packet.length)),
  (packet, random) => Buffer.concat([packet, random.octets(1 + random.below(4))]),
  (packet) => Buffer.concat([packet, Buffer.of(0, 0, 255, 255)]),
  (packet, random) => Buffer.concat([packet, compress(random)]),
  (_, random) => compress(random),
  (_, random) => random.octets(random.below(30))
]

export const mutate = (content: Uint8Array, random: Random, other: Uint8Array): Uint8Array => {
  const packets = read(content)
  const at = random.below(packets.length)
  if (packets.length === 0 || random.oneIn(6)) return write([...packets, compress(random)].slice(-6))
  if (random.oneIn(8)) return write([...packets.slice(0, at), ...read(other).slice(0, 3)])
  if (random.oneIn(8)) return write(packets.toSpliced(at, random.below(2), packets[random.below(packets.length)]))
  return write(packets.toSpliced(at, 1, random.pick(twists)(packets[at], random).subarray(0, 3000)))
}

const hello = Buffer.from("f248cdc9c90700", "hex") // RFC 7692 §7.2.3.1
const helloAgain = Buffer.from("f200110000", "hex") // §7.2.3.2
const stored = Buffer.from("000500faff48656c6c6f00", "hex") // §7.2.3.3
const final = Buffer.from("f348cdc9c9070000", "hex") // §7.2.3.4

export const seeds: ReadonlyArray<Uint8Array> = [[hello, helloAgain], [stored, final, hello], [final]].map(write)
