import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import type { Message } from "effect-ws/protocol"
import type { WebSocketError } from "effect-ws/WebSocketError"
import * as fc from "fast-check"
import * as Deflate from "../conformance/Deflate.ts"
import * as Frames from "../conformance/Frames.ts"
import { makePool, message } from "../transport/DeflateSamples.ts"
import * as RawPeer from "./RawPeer.ts"

const limit = 10_000

const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }))

/** A compressed payload of which octets are changed, and some of the end missing, or any octets. */
const payload = fc.oneof(
  fc.record({ message, changes: fc.array(change, { maxLength: 4 }), missing: fc.constantFrom(0, 0, 0, 1, 5) }),
  fc.record({ random: fc.uint8Array({ maxLength: 100 }) })
)

type Payload = typeof payload extends fc.Arbitrary<infer A> ? A : never

const octetsOf = async (peer: RawPeer.RawPeer, payload: Payload): Promise<Buffer> => {
  if ("random" in payload) return Buffer.from(payload.random)
  const octets = Buffer.from(await peer.writer.write(payload.message))
  for (const [at, octet] of payload.changes) octets[at % octets.length] = octet
  return octets.subarray(0, Math.max(0, octets.length - payload.missing))
}

const fault = fc.record({ opcode: fc.constantFrom(1, 2), payload })

interface Setting {
  readonly role: RawPeer.Role
  readonly inlineLimit: number
  readonly takeover: boolean
}

/** How many of the payloads can be decompressed, up to the first that cannot. */
const countSound = (reader: Deflate.Reader, payloads: ReadonlyArray<Uint8Array>): number => {
  const firstCorrupt = payloads.findIndex((payload) => {
    try {
      reader.read(payload)
      return false
    } catch {
      return true
    }
  })
  return firstCorrupt < 0 ? payloads.length : firstCorrupt
}

/** What comes of it: every message is within the limit, and what is wrong is said to both sides. */
const suffer = (
  { inlineLimit, role, takeover }: Setting,
  faults: ReadonlyArray<{ opcode: number; payload: Payload }>
) =>
  Effect.gen(function*() {
    const pool = makePool({ inlineLimit })
    const params = { ...RawPeer.plain, serverNoContextTakeover: !takeover, clientNoContextTakeover: !takeover }
    yield* Effect.scoped(Effect.gen(function*() {
      const options = { compression: { pool }, maxMessageSize: limit }
      const { connection, peer } = yield* RawPeer.facing(role, options, params)
      const payloads = [yield* Effect.promise(() => peer.writer.write(Buffer.from("first")))]
      for (const { payload } of faults) payloads.push(yield* Effect.promise(() => octetsOf(peer, payload)))
      const opcodes = [1, ...faults.map(({ opcode }) => opcode)]
      peer.send(...payloads.map((payload, i) => Frames.frame(opcodes[i], payload, { rsv: 4 })))
      peer.end(Frames.closing(Frames.codeAndReason(1000)))

      const received: Array<Message.Message> = []
      const keep = (message: Message.Message) => Effect.sync(() => received.push(message))
      const exit = yield* Effect.exit(Stream.runForEach(connection.messages, keep))
      const { clean, error } = yield* connection.closed
      assert.strictEqual(received[0], "first")
      assert.isTrue(received.every((message) => Buffer.byteLength(message) <= limit))
      assert.strictEqual(exit._tag, clean ? "Success" : "Failure")
      if (clean) assert.lengthOf(received, payloads.length)
      assert.isAtMost(received.length, countSound(new Deflate.Reader({ takeover, windowBits: 15 }), payloads))
      assert.strictEqual(yield* peer.closeCode, clean ? 1000 : codeOf(error!))
    }))
    pool.sleep()
    assert.deepStrictEqual(pool.usage, { awake: 0, asleep: 0, bytesHeld: 0 })
  }).pipe(Effect.runPromise)

const codes: Readonly<Record<string, number>> = { DeflateInvalid: 1007, TextNotUtf8: 1007, MessageTooBig: 1009 }

/** The close code that such an error has to have. */
const codeOf = ({ reason }: WebSocketError): number | undefined =>
  reason._tag === "ProtocolError" && reason.closeCode === codes[reason.violation] ? reason.closeCode : undefined

const setting = fc.record({
  role: fc.constantFrom("client", "server"),
  inlineLimit: fc.constantFrom(0, 32_768),
  takeover: fc.boolean()
})

describe("compressed input that may be wrong", () => {
  it("ends in messages, or in 1007 or 1009", () =>
    fc.assert(fc.asyncProperty(setting, fc.array(fault, { minLength: 1, maxLength: 3 }), suffer), {
      numRuns: 1000,
      timeout: 10_000,
      endOnFailure: true
    }))
})
