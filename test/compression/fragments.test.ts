import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as fc from "fast-check"
import * as Frames from "../conformance/Frames.ts"
import * as Cuts from "../protocol/Cuts.ts"
import { json, makePool, noise } from "../transport/DeflateSamples.ts"
import * as RawPeer from "./RawPeer.ts"

const bits = fc.integer({ min: 9, max: 15 })

const params = fc.record({
  serverNoContextTakeover: fc.boolean(),
  clientNoContextTakeover: fc.boolean(),
  serverMaxWindowBits: bits,
  clientMaxWindowBits: bits
})

/** A message, where it is cut into fragments, and whether a ping comes before each of them. */
const message = fc.record({
  text: fc.boolean(),
  compressed: fc.boolean(),
  size: fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.constant(50_000)),
  seed: fc.nat(20),
  cuts: fc.array(fc.nat(), { maxLength: 5 }),
  pings: fc.boolean()
})

type Message = typeof message extends fc.Arbitrary<infer A> ? A : never

const payloadOf = ({ seed, size, text }: Message): Buffer => text ? json(size, seed) : noise(size, seed)

/** Its frames, as the peer sends them. */
const framesOf = async (peer: RawPeer.RawPeer, message: Message): Promise<ReadonlyArray<Frames.Frame>> => {
  const { compressed, cuts, pings, text } = message
  const payload = compressed ? await peer.writer.write(payloadOf(message)) : payloadOf(message)
  const places = [0, ...cuts.map((cut) => cut % (payload.length + 1)).toSorted((a, b) => a - b), payload.length]
  return places.slice(1).flatMap((end, i) => {
    const flags = { fin: i === places.length - 2, rsv: compressed && i === 0 ? 4 : 0 }
    const frame = Frames.frame(i > 0 ? 0 : text ? 1 : 2, payload.subarray(places[i], end), flags)
    return pings ? [Frames.ping(`${end}`), frame] : [frame]
  })
}

const converse = (
  role: RawPeer.Role,
  inlineLimit: number,
  params: RawPeer.Params,
  messages: ReadonlyArray<Message>,
  at: ReadonlyArray<number>
) =>
  Effect.gen(function*() {
    const { connection, peer } = yield* RawPeer.facing(
      role,
      { compression: { pool: makePool({ inlineLimit }) } },
      params
    )
    const frames: Array<Frames.Frame> = []
    for (const message of messages) frames.push(...yield* Effect.promise(() => framesOf(peer, message)))
    for (const chunk of Cuts.cut(peer.octets(frames), at)) peer.stream.write(chunk)
    const received = yield* Stream.runCollect(Stream.take(connection.messages, messages.length))
    for (const [i, message] of messages.entries()) {
      assert.strictEqual(typeof received[i], message.text ? "string" : "object")
      assert.isTrue(payloadOf(message).equals(Buffer.from(received[i] as Uint8Array)))
    }
    const pings = frames.filter(({ opcode }) => opcode === 9)
    const pongs = yield* peer.until((frames) => frames.length >= pings.length)
    assert.deepStrictEqual(pongs, pings.map(({ payload }) => Frames.pong(payload)))
    peer.end(Frames.closing())
    assert.isTrue((yield* connection.closed).clean)
  }).pipe(Effect.scoped, Effect.runPromise)

const messages = fc.array(message, { maxLength: 5 })
const cuts = fc.array(fc.nat(), { maxLength: 20 })

describe.each(["client", "server"] as const)("a %s", (role) => {
  it.each([["at once", 32_768], ["in the thread pool", 0]])(
    "reads messages in any fragments, with pings among them, in pieces of any size, inflated %s",
    (_way, inlineLimit) =>
      fc.assert(
        fc.asyncProperty(params, messages, cuts, (params, messages, at) =>
          converse(role, inlineLimit, params, messages, at)),
        { numRuns: 150, timeout: 10_000, endOnFailure: true }
      )
  )
})
