/** The whole protocol: the same orders however bytes are cut, with commands in between; and one end, behind which is nothing. */
import { deepStrictEqual, ok } from "node:assert"
import * as Bytes from "../../../src/protocol/Bytes.ts"
import type * as Order from "../../../src/protocol/Order.ts"
import * as Protocol from "../../../src/protocol/Protocol.ts"
import * as Violation from "../../../src/protocol/Violation.ts"
import { nodeBytes } from "../../../src/transport/NodeBytes.ts"
import * as Listening from "../../../test/protocol/Listening.ts"
import { Chunks } from "../Chunks.ts"
import * as Frames from "../Frames.ts"
import { Random } from "../Random.ts"
import type { Target } from "../Target.ts"

type Command = (protocol: Protocol.Protocol) => ReadonlyArray<Order.Order>

const commands: ReadonlyArray<Command> = [
  (protocol) => protocol.close({ code: 1000, reason: "bye" }),
  (protocol) => protocol.fail(Violation.error("PingFlood")),
  (protocol) => protocol.abort({ code: 1011, reason: "" }),
  (protocol) => protocol.timeout(),
  (protocol) => protocol.useFrames(),
  (protocol) => protocol.setWritable(false),
  (protocol) => protocol.setWritable(true),
  (protocol) => (protocol.giveOctets(true), []),
  (protocol) => (protocol.giveOctets(false), []),
  (protocol) => (protocol.keepFragments(true), [])
]

/** Bytes, and what is done when they were taken. */
interface Stage {
  readonly bytes: Uint8Array
  readonly command: Command
}

const stagesOf = (content: Uint8Array, random: Random): ReadonlyArray<Stage> => {
  const count = random.oneIn(3) ? 0 : random.below(4)
  const ends = Array.from({ length: count }, () => random.below(content.length + 1)).toSorted((a, b) => a - b)
  const all = [...ends, content.length].map((end, i) => content.subarray(ends[i - 1] ?? 0, end))
  return all.map((bytes, i) => ({ bytes, command: i < count ? random.pick(commands) : () => [] }))
}

/** The most that may be allocated at once for what a peer has sent: what it announces counts up to 1 MiB. */
const most = (received: number): number => 4 * received + 2 * 1_048_576

/** Operations on bytes that know what the peer has sent. */
class Frugal {
  received = 0
  readonly bytes: Bytes.Bytes

  constructor(bytes: Bytes.Bytes) {
    const allocate = (size: number) => {
      ok(size <= most(this.received), `${size} octets were allocated for ${this.received}`)
      return bytes.allocate(size)
    }
    this.bytes = { ...bytes, allocate }
  }
}

/** As a transport does: what comes next goes to where the protocol has room for it. */
const push = (protocol: Protocol.Protocol, chunk: Uint8Array): ReadonlyArray<Listening.Heard> => {
  const room = protocol.room()
  if (room === undefined || room.length === 0) protocol.push(chunk)
  else {
    const here = Math.min(room.length, chunk.length)
    room.set(chunk.subarray(0, here))
    protocol.push(room.subarray(0, here))
    return [...Listening.drain(protocol), ...here === chunk.length ? [] : push(protocol, chunk.subarray(here))]
  }
  return Listening.drain(protocol)
}

type Cut = (bytes: Uint8Array) => ReadonlyArray<Uint8Array>

const play = (options: Protocol.Options, stages: ReadonlyArray<Stage>, cut: Cut): ReadonlyArray<Listening.Heard> => {
  const frugal = new Frugal(options.bytes ?? nodeBytes)
  const protocol = new Protocol.Protocol({ ...options, bytes: frugal.bytes })
  const heard: Array<Listening.Heard> = []
  for (const { bytes, command } of stages) {
    for (const chunk of cut(bytes)) {
      frugal.received += chunk.length
      heard.push(...push(protocol, chunk))
    }
    heard.push(...command(protocol).map(Listening.heard), ...Listening.drain(protocol))
  }
  protocol.endOfStream()
  heard.push(...Listening.drain(protocol), ...protocol.timeout().map(Listening.heard))
  return joined(heard).map(plain)
}

/** Octets of whatever class. */
const plain = (heard: Listening.Heard): Listening.Heard =>
  heard["octets"] instanceof Uint8Array ? { ...heard, octets: Buffer.from(heard["octets"]).toString("hex") } : heard

/** Pieces of a frame become the frame; one that never ends is left out, as it is given as far as it came. */
const joined = (heard: ReadonlyArray<Listening.Heard>): ReadonlyArray<Listening.Heard> => {
  const all: Array<Listening.Heard> = []
  let open: Listening.Heard | undefined = undefined
  for (const next of heard) {
    if (next["_tag"] !== "Fragment") all.push(next)
    else {
      const before: string = String(open?.["payload"] ?? "")
      open = { ...open ?? next, fin: next["fin"], whole: next["whole"], payload: before + String(next["payload"]) }
      if (next["whole"] === false) continue
      all.push(open)
      open = undefined
    }
  }
  return all
}

const labelOf = (heard: Listening.Heard): string => {
  const { _tag, code, error, opcode } = heard
  if (_tag === undefined) return "text" in heard ? "text" : "binary"
  return [_tag, code ?? opcode, error].filter((part) => part !== undefined).join(" ")
}

const checkEnd = (labels: ReadonlyArray<string>): void => {
  const behind = labels.slice(labels.findIndex((label) => label.startsWith("Closed")) + 1)
  ok(behind.length < labels.length, "no end was reported")
  deepStrictEqual(behind.filter((label) => label !== "EndWrite"), ["Destroy"], "something came behind the end")
  ok(labels.filter((label) => label === "Write 8").length <= 1, "more than one Close was written")
}

const optionsOf = (content: Uint8Array, random: Random): Protocol.Options => ({
  role: Frames.isForServer(content, random) ? "server" : "client",
  compression: random.oneIn(2),
  asOctets: random.oneIn(4),
  validateUtf8: !random.oneIn(8),
  autoPong: !random.oneIn(8),
  reasons: !random.oneIn(8),
  endsFirst: random.oneIn(4),
  bytes: random.pick([nodeBytes, Bytes.portable]),
  limits: {
    maxMessageSize: random.pick([undefined, 3000, 125]),
    maxFragments: random.pick([undefined, 3]),
    maxPendingPings: random.pick([undefined, 1])
  }
})

export const target: Target = {
  name: "protocol",
  seeds: Frames.seeds,
  mutate: Frames.mutate,
  run: ({ choice, content }) => {
    const random = new Random(choice)
    const options = optionsOf(content, random)
    const stages = stagesOf(content, random)
    const chunks = new Chunks()
    const whole = play(options, stages, (bytes) => [chunks.lend(bytes)])
    const cut = play(options, stages, (bytes) => chunks.cut(bytes, random))
    deepStrictEqual(cut, whole)
    chunks.check()
    const limit = options.limits?.maxMessageSize ?? Infinity
    for (const { binary } of whole) {
      ok(binary === undefined || String(binary).length <= 2 * limit, "a message is too big")
    }
    const labels = whole.map(labelOf)
    checkEnd(labels)
    return labels
  }
}
