import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Frames from "../conformance/Frames.ts"
import * as Metrics from "../observability/Metrics.ts"
import * as RawClient from "../server/RawClient.ts"
import * as Faces from "./Faces.ts"
import * as Memory from "./Memory.ts"

const masked = (...frames: ReadonlyArray<Frames.Frame>): Buffer =>
  Buffer.concat(frames.map((frame) => Frames.encode(frame, true)))

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex")

interface Attack {
  readonly octets: Buffer
  readonly code: number
  readonly violation: string
}

/** Empty fragments of a message that does not end; a frame has six octets. */
const emptyFragments = (count: number): Buffer => {
  const octets = Buffer.alloc(6 * count, hex("0080 00000000"))
  octets[0] = 1
  return octets
}

const attacks: Readonly<Record<string, Attack>> = {
  "a length of 2^63": { octets: hex("82ff 8000000000000000 00000000"), code: 1009, violation: "LengthUnsupported" },
  "a length of 2^64-1": { octets: hex("82ff ffffffffffffffff 00000000"), code: 1009, violation: "LengthUnsupported" },
  "a length of 2^53": { octets: hex("82ff 0020000000000000 00000000"), code: 1009, violation: "LengthUnsupported" },
  "a length of 2^53-1": { octets: hex("82ff 001fffffffffffff 00000000"), code: 1009, violation: "MessageTooBig" },
  "a length of 2^32, of which the lower half is 0": {
    octets: hex("82ff 0000000100000000 00000000"),
    code: 1009,
    violation: "MessageTooBig"
  },
  "fragments that add up to 2^53": {
    octets: Buffer.concat([masked(Frames.binary("x", { fin: false })), hex("80ff 001fffffffffffff 00000000")]),
    code: 1009,
    violation: "MessageTooBig"
  },
  "a ping with a length of 64 bits": {
    octets: hex("89ff 0000000000000001 00000000"),
    code: 1002,
    violation: "ControlTooLong"
  },
  "a million empty fragments": { octets: emptyFragments(1_000_000), code: 1008, violation: "FragmentsTooMany" },
  "a frame that is not masked": { octets: hex("8205 48656c6c6f"), code: 1002, violation: "MaskMissing" },
  "a message within another": {
    octets: masked(Frames.text("a", { fin: false }), Frames.text("b")),
    code: 1002,
    violation: "ContinuationMissing"
  },
  "the middle of a message that never began": {
    octets: masked(Frames.continuation("b")),
    code: 1002,
    violation: "ContinuationUnexpected"
  },
  "a Close of one octet": { octets: masked(Frames.closing("x")), code: 1002, violation: "CloseTooShort" },
  "a Close with a code that is for nobody": {
    octets: masked(Frames.closing(Frames.codeAndReason(1006))),
    code: 1002,
    violation: "CloseCodeInvalid"
  },
  "a Close with a reason that is no UTF-8": {
    octets: masked(Frames.closing(Frames.codeAndReason(1000, hex("c080")))),
    code: 1007,
    violation: "CloseReasonNotUtf8"
  },
  "half of a surrogate pair": { octets: masked(Frames.text(hex("eda080"))), code: 1007, violation: "TextNotUtf8" },
  "text that goes wrong in a message without end": {
    octets: masked(Frames.text("ok", { fin: false }), Frames.continuation(hex("ff"), { fin: false })),
    code: 1007,
    violation: "TextNotUtf8"
  }
}

describe.each(Faces.all)("a server by $name", ({ name, serve }) => {
  for (const [does, { code, octets, violation }] of Object.entries(attacks)) {
    it.live(`fails ${does} with ${code}, and holds no more memory for it`, () =>
      Effect.gen(function*() {
        const port = yield* serve()
        const before = yield* Metrics.read
        const client = yield* RawClient.open(port, "/")
        const held = yield* Memory.held
        client.socket.write(octets)
        assert.strictEqual(yield* client.closeCode, code)
        const growth = yield* Effect.map(Memory.held, (now) => now - held)
        assert.isBelow(growth, 4 * Memory.MiB)
        assert.strictEqual(yield* Metrics.growth(before, `server violations_total ${violation}`), 1)
      }))
  }

  it.live("takes messages in frames of one octet, cut within characters and sent octet by octet, with pings between", () =>
    Effect.gen(function*() {
      const client = yield* RawClient.open(yield* serve(), "/")
      const text = "κόσμε 🌍"
      const frames = Frames.fragments(1, Buffer.from(text), 1).flatMap((frame, i) => [Frames.ping(`${i}`), frame])
      client.socket.setNoDelay(true)
      for (const octet of masked(...frames)) client.socket.write(Buffer.of(octet))
      const echoed = yield* client.until((received) => received.includes(Buffer.from(text)))
      assert.include(echoed.toString(), text)
    }))

  it.live("answers one Close of many, and nothing that comes after it", () =>
    Effect.gen(function*() {
      const client = yield* RawClient.open(yield* serve(), "/")
      const close = Frames.closing(Frames.codeAndReason(1000))
      client.socket.write(masked(close, Frames.text("too late"), Frames.ping("too late"), close, close))
      const received = yield* client.toEnd
      assert.deepStrictEqual(
        (yield* client.framesToClose).map(({ opcode, payload }) => [opcode, payload.toString("hex")]),
        [[8, "03e8"]]
      )
      assert.notInclude(received.toString("latin1"), "too late")
    }))

  it.live("drops a peer that floods it with pings and does not read the pongs, within bounded memory", () =>
    Effect.gen(function*() {
      const before = yield* Metrics.read
      const client = yield* RawClient.open(yield* serve(), "/")
      client.socket.pause()
      const pings = masked(...Array.from({ length: 1000 }, () => Frames.ping("x".repeat(125))))
      const held = yield* Memory.held
      const flood = Effect.callback<void>((resume) => {
        client.socket.once("close", () => resume(Effect.void))
        const more = () => {
          while (client.socket.writable && client.socket.write(pings));
        }
        client.socket.on("drain", more)
        more()
      })
      const ended = name === "the Effect face" ? "violations_total PingFlood" : "closes_total 1006"
      const dropped = Metrics.reaches(before, `server ${ended}`, 1)
      yield* Effect.raceFirst(flood, dropped)
      yield* dropped
      client.socket.destroy()
      assert.isBelow((yield* Memory.held) - held, 4 * Memory.MiB)
    }))

  it.live("fails a bomb within fragments with 1009, at the limit", () =>
    Effect.gen(function*() {
      const { deflateRawSync, constants } = yield* Effect.promise(() => import("node:zlib"))
      const before = yield* Metrics.read
      const port = yield* serve({ compression: true, maxMessageSize: Memory.MiB })
      const client = yield* RawClient.connect({ host: "127.0.0.1", port })
      const extensions = { "Sec-WebSocket-Extensions": "permessage-deflate" }
      client.socket.write(RawClient.handshake("/", extensions))
      yield* client.answer
      const bomb = deflateRawSync(Buffer.alloc(256 * Memory.MiB), { finishFlush: constants.Z_SYNC_FLUSH })
      const [first, ...others] = Frames.fragments(2, bomb.subarray(0, -4), 1000)
      const held = process.memoryUsage().arrayBuffers
      client.socket.write(masked({ ...first, rsv: 4 }, ...others))
      assert.strictEqual(yield* client.closeCode, 1009)
      assert.isBelow(process.memoryUsage().arrayBuffers - held, 8 * Memory.MiB)
      assert.strictEqual(yield* Metrics.growth(before, "server violations_total MessageTooBig"), 1)
    }))
})
