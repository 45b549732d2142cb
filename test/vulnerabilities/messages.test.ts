/** What was published about messages of other libraries, by classes: each has to fail here, on both faces. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { once } from "node:events"
import CompatWebSocket from "../../src/compat/index.ts"
import * as Connection from "../../src/Connection.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import { nodeBytes } from "../../src/transport/NodeBytes.ts"
import * as WebSocketClient from "../../src/WebSocketClient.ts"
import * as RawServer from "../client/RawServer.ts"
import * as Frames from "../conformance/Frames.ts"
import * as Faces from "../hostile/Faces.ts"
import * as Memory from "../hostile/Memory.ts"

/** A server that keeps what it is sent after the handshake. */
const listening = Effect.gen(function*() {
  const received: Array<Buffer> = []
  const server = yield* RawServer.start((request) => {
    request.socket.on("data", (chunk: Buffer) => received.push(chunk))
    request.socket.write(RawServer.acceptance(request))
  })
  const octets = (): Buffer => Buffer.concat(received)
  const until = (count: number): Effect.Effect<Buffer> =>
    Effect.suspend(() =>
      octets().length >= count ? Effect.succeed(octets()) : Effect.andThen(Effect.sleep(2), until(count))
    )
  return { url: server.url, until }
})

const framesOf = (octets: Buffer): ReadonlyArray<Frames.Frame> => {
  const decoded = Frames.decode(octets, true)
  return decoded === undefined ? [] : [decoded[0], ...framesOf(decoded[1])]
}

describe("memory that was never written", () => {
  it.live("does not leave with a payload that is a number, in the face of ws", () =>
    Effect.gen(function*() {
      const { until, url } = yield* listening
      const { socket } = yield* Faces.compatClient(url, { perMessageDeflate: false })
      yield* Effect.promise(() => once(socket, "open"))
      for (const send of ["send", "ping", "pong"] as const) socket[send](100 as never)
      const frames = framesOf(yield* until(3 * 9))
      assert.deepStrictEqual(frames.map(({ opcode, payload }) => [opcode, payload.toString()]), [
        [1, "100"],
        [9, "100"],
        [10, "100"]
      ])
    }))

  it.live("does not leave with a payload that only says how long it is, in the face of ws", () =>
    Effect.gen(function*() {
      const { until, url } = yield* listening
      const { socket } = yield* Faces.compatClient(url, { perMessageDeflate: false })
      yield* Effect.promise(() => once(socket, "open"))
      Buffer.allocUnsafe(4096).fill("secret")
      for (const send of ["send", "ping", "pong"] as const) socket[send]({ length: 100 } as never)
      const frames = framesOf(yield* until(3 * 106))
      assert.deepStrictEqual(frames.map(({ payload }) => payload), Array(3).fill(Buffer.alloc(100)))
      assert.throws(() => socket.send({ byteLength: 100 } as never), TypeError)
    }))

  it.live("does not come with what is received: views end where the payload does", () =>
    Effect.gen(function*() {
      const secret = Buffer.from("a secret in the same memory as everything")
      nodeBytes.allocate(secret.length).set(secret)
      const [client, server] = yield* Connection.pair()
      yield* client.sendAll([new Uint8Array(0), Uint8Array.of(1, 2, 3)])
      const messages = yield* server.pull
      assert.deepStrictEqual(messages.map((it) => Array.from(it as Uint8Array)), [[], [1, 2, 3]])
    }))

  it.live("does not leave with any frame, whatever its size", () =>
    Effect.gen(function*() {
      const { until, url } = yield* listening
      const { send } = yield* WebSocketClient.connect(url, { closeTimeout: 1 })
      const sizes = [0, 1, 125, 126, 127, 4096, 8192, 8193, 65_535, 65_536]
      let total = 0
      for (const size of sizes) {
        yield* send(new Uint8Array(size).fill(7))
        total += size + (size < 126 ? 6 : size < 65_536 ? 8 : 14)
      }
      const octets = yield* until(total)
      assert.strictEqual(octets.length, total)
      const frames = framesOf(octets)
      assert.deepStrictEqual(frames.map(({ payload }) => payload.length), sizes)
      assert.isTrue(frames.every(({ payload }) => payload.every((octet) => octet === 7)))
    }))
})

const keysOf = (octets: Buffer, count: number): ReadonlyArray<number> =>
  Array.from({ length: count }, (_, i) => octets.readUInt32BE(7 * i + 2))

describe("masking keys", () => {
  it.live("are new for each frame, and use all of their bits, on both faces", () =>
    Effect.gen(function*() {
      const count = 2000
      const effect = yield* listening
      const { sendAll } = yield* WebSocketClient.connect(effect.url, { closeTimeout: 1 })
      yield* sendAll(Array.from({ length: count }, () => "x"))
      const compat = yield* listening
      const { socket } = yield* Faces.compatClient(compat.url)
      yield* Effect.promise(() => once(socket, "open"))
      for (let i = 0; i < count; i++) socket.send("x")
      for (const { until } of [effect, compat]) {
        const keys = keysOf(yield* until(7 * count), count)
        assert.isAbove(new Set(keys).size, count - 10)
        for (let bit = 0; bit < 32; bit++) {
          const ones = keys.filter((key) => (key >>> bit) & 1).length
          // Twelve standard deviations from a half
          assert.closeTo(ones, count / 2, 12 * Math.sqrt(count) / 2)
        }
      }
    }))
})

describe("small pieces", () => {
  it("of one octet take no more memory than their message, up to the limit of 262,144", async () => {
    const protocol = new Protocol.Protocol({ role: "server", bytes: nodeBytes })
    protocol.push(Buffer.from("82ff000000000400000000000000", "hex"))
    const before = await Effect.runPromise(Memory.held)
    for (let i = 0; i < 262_143; i++) {
      protocol.push(Uint8Array.of(i))
      assert.isUndefined(protocol.next())
    }
    assert.isBelow(await Effect.runPromise(Memory.held) - before, 2 * Memory.MiB)
    for (let i = 0; i < 2; i++) protocol.push(Uint8Array.of(0))
    assert.deepInclude(protocol.next(), { _tag: "Write", opcode: 8 })
  })

  it("in fragments of one octet take no more memory than their message", async () => {
    const protocol = new Protocol.Protocol({ role: "server", bytes: nodeBytes })
    const before = await Effect.runPromise(Memory.held)
    for (let i = 0; i < 16_384; i++) {
      protocol.push(Buffer.from(`0${i === 0 ? 2 : 0}810000000061`, "hex"))
      assert.isUndefined(protocol.next())
    }
    assert.isBelow(await Effect.runPromise(Memory.held) - before, Memory.MiB)
  })
})

describe("a message that is announced and does not come", () => {
  it.live("takes no memory before it does", () =>
    Effect.gen(function*() {
      const protocols = Array.from({ length: 100 }, () => new Protocol.Protocol({ role: "server", bytes: nodeBytes }))
      const before = yield* Memory.held
      for (const protocol of protocols) {
        protocol.push(Buffer.from("82ff000000000600000000000000aa", "hex"))
        assert.isUndefined(protocol.next())
        assert.isUndefined(protocol.room())
      }
      assert.isBelow((yield* Memory.held) - before, Memory.MiB)
    }))
})

describe("what a peer says", () => {
  it.live("about its end is at most 123 octets of text, and never code", () =>
    Effect.gen(function*() {
      const reason = "\u001b[31m%s %o ${1}"
      const { url } = yield* RawServer.start((request) => {
        request.socket.write(RawServer.acceptance(request))
        request.socket.write(Frames.encode(Frames.closing(Frames.codeAndReason(4000, reason)), false))
      })
      const { closed } = yield* WebSocketClient.connect(url)
      const { error } = yield* closed
      assert.strictEqual(error?.message, `4000: ${reason}`)
    }))

  it.live("in events is not taken for what the socket is, in the face of ws", () =>
    Effect.gen(function*() {
      const { url } = yield* listening
      const socket = new CompatWebSocket(url)
      yield* Effect.promise(() => once(socket, "open"))
      assert.throws(() => socket.close(1005))
      assert.throws(() => socket.close(99_999))
      assert.throws(() => socket.close(1000, "x".repeat(124)))
      socket.terminate()
    }))
})
