/** The end in the middle of every kind of frame: what was whole has arrived, nothing else, and the end says why. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { TestLink } from "effect-ws/testing"
import * as Zlib from "node:zlib"
import * as Frames from "../conformance/Frames.ts"
import type * as Play from "./Play.ts"
import * as TcpLink from "./TcpLink.ts"

const text = "héllo, wörld"
const long = Buffer.alloc(70_000, "0123456789")
const deflated = Zlib.deflateRawSync(text, { finishFlush: Zlib.constants.Z_SYNC_FLUSH }).subarray(0, -4)

/** Frames, and the messages that they are; a message is there with the last octet of its frame. */
const kinds: Readonly<Record<string, ReadonlyArray<readonly [Frames.Frame, string?]>>> = {
  "a text": [[Frames.text(text), text]],
  "a compressed text": [[Frames.text(deflated, { rsv: 4 }), text]],
  "empty messages": [[Frames.text(""), ""], [Frames.binary(""), ""]],
  "a message with a length of 16 bits": [[Frames.binary(long.subarray(0, 300)), long.subarray(0, 300).toString()]],
  "a message with a length of 64 bits": [[Frames.text(long), long.toString()]],
  "fragments, within a character": [
    [Frames.text(Buffer.from(text).subarray(0, 2), { fin: false })],
    [Frames.continuation("", { fin: false })],
    [Frames.continuation(Buffer.from(text).subarray(2)), text]
  ],
  "a ping between fragments": [[Frames.text("a", { fin: false })], [Frames.ping("there?")], [
    Frames.continuation("b"),
    "ab"
  ]],
  "a pong": [[Frames.pong("here")]],
  "a Close": [[Frames.closing(Frames.codeAndReason(4000, "enough"))]],
  "an empty Close": [[Frames.closing()]]
}

/** Where to cut: everywhere, but not in every place of a long payload. */
const places = (length: number): ReadonlyArray<number> =>
  Array.from({ length: length + 1 }, (_, at) => at).filter((at) => at < 20 || at > length - 4 || at % 9973 === 0)

interface Cut {
  readonly role: "client" | "server"
  readonly octets: Uint8Array
  readonly how: "End" | "Reset"
}

/** What a connection makes of octets behind which the transport breaks. */
const suffer = (pair: Play.Medium["pair"], { how, octets, role }: Cut) =>
  Effect.gen(function*() {
    const { link, ...connections } = yield* pair({ compression: true, closeTimeout: 1000 })
    const direction = role === "client" ? link.toClient : link.toServer
    if (octets.length > 0) yield* direction.inject(octets)
    yield* direction.breakAfter(0, how)
    const received: Array<string> = []
    const exit = yield* Effect.exit(
      Stream.runForEach(connections[role].messages, (it) =>
        Effect.sync(() => received.push(Buffer.from(it as string).toString())))
    )
    const { clean, code, error } = yield* connections[role].closed
    yield* role === "client" ? connections.server.closed : connections.client.closed
    return { received, clean, code, failed: exit._tag === "Failure", reason: error?.reason._tag }
  }).pipe(Effect.scoped)

/** What has to come of it. */
const expected = (frames: (typeof kinds)[string], masked: boolean, { how, octets }: Cut) => {
  let end = 0
  const whole = frames.filter(([frame]) => (end += Frames.encode(frame, masked).length) <= octets.length)
  const received = whole.flatMap(([, message]) => message ?? [])
  const close = whole.find(([{ opcode }]) => opcode === 8)?.[0]
  if (close === undefined) {
    return { received, clean: false, code: 1006, failed: true, reason: how === "End" ? "CloseError" : "TransportError" }
  }
  const code = close.payload.length === 0 ? 1005 : close.payload.readUInt16BE()
  return { received, clean: true, code, failed: code !== 1005, reason: code === 1005 ? undefined : "CloseError" }
}

const sample = (length: number): ReadonlyArray<number> => [1, length - 1, length].filter((at) => at >= 0)

for (const [name, frames] of Object.entries(kinds)) {
  for (const role of ["client", "server"] as const) {
    const masked = role === "server"
    const octets = Buffer.concat(frames.map(([frame]) => Frames.encode(frame, masked)))
    const check = (pair: Play.Medium["pair"], places: ReadonlyArray<number>) =>
      Effect.forEach(
        places.flatMap((at) => [{ at, how: "End" }, { at, how: "Reset" }] as const),
        ({ at, how }) =>
          Effect.gen(function*() {
            const cut = { role, how, octets: Uint8Array.from(octets.subarray(0, at)) }
            assert.deepStrictEqual(yield* suffer(pair, cut), expected(frames, masked, cut), `${how} after ${at} octets`)
          }),
        { discard: true }
      )

    describe(`the end of the stream, or a reset, in the middle of ${name}`, () => {
      it.effect(`that comes to a ${role}`, () => check(TestLink.pair, places(octets.length)))

      it.live(`that comes to a ${role} over TCP`, () => check(TcpLink.pair, sample(octets.length)))
    })
  }
}
