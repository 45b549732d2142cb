import { Result } from "effect"
import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import { createRequire } from "node:module"
import * as Zlib from "node:zlib"
import { describe, expect, it } from "vitest"
import * as Extension from "../../src/protocol/Extension.ts"
import * as PerMessageDeflate from "../../src/protocol/PerMessageDeflate.ts"
import * as Samples from "./DeflateSamples.ts"

const { deflate, inflate, json, makePool, message } = Samples

type Callback = (error: Error | null, result: Buffer) => void
type Configuration = Record<string, Array<string | true>>

/** The part of ws that negotiates, compresses and decompresses; `@types/ws` does not have it. */
interface WsDeflate {
  readonly accept: (configurations: ReadonlyArray<Configuration>) => Record<string, true | number>
  readonly offer: () => Record<string, true | number>
  readonly compress: (data: Uint8Array, fin: boolean, callback: Callback) => void
  readonly decompress: (data: Uint8Array, fin: boolean, callback: Callback) => void
  readonly cleanup: () => void
}

const { PerMessageDeflate: WsPerMessageDeflate } = createRequire(import.meta.url)("ws") as {
  readonly PerMessageDeflate: new(options: object) => WsDeflate
}

/** A server of ws, and what it agreed on with a client of ours. */
const makeWs = (options: object, header: string): WsDeflate => {
  const ws = new WsPerMessageDeflate({ ...options, isServer: true })
  const extensions = Result.getOrThrow(Extension.parse(header))
  ws.accept(extensions.map(toConfiguration))
  return ws
}

const toConfiguration = ({ params }: Extension.Extension): Configuration => {
  const configuration: Configuration = {}
  for (const [param, value] of params) (configuration[param] ??= []).push(value)
  return configuration
}

const compress = (ws: WsDeflate, payload: Uint8Array): Promise<Buffer> =>
  new Promise((resolve, reject) =>
    ws.compress(payload, true, (error, result) => error ? reject(error) : resolve(result))
  )

const decompress = (ws: WsDeflate, payload: Uint8Array): Promise<Buffer> =>
  new Promise((resolve, reject) =>
    ws.decompress(payload, true, (error, result) => error ? reject(error) : resolve(result))
  )

const takeovers = [
  ["with context takeover", ""],
  ["without context takeover", "; server_no_context_takeover; client_no_context_takeover"]
] as const

const bits = [8, 9, 10, 12, 15]
const matrix = takeovers.flatMap(([name, flags]) => bits.map((bits) => [name, flags, bits] as const))

describe.each(matrix)("ws as the peer, %s%.0s, %d window bits", (_name, flags, windowBits) => {
  const header =
    `permessage-deflate${flags}; server_max_window_bits=${windowBits}; client_max_window_bits=${windowBits}`
  const direction = { noContextTakeover: flags !== "", windowBits }

  it.each([true, false])("does not notice contexts that sleep between messages (synchronous: %s)", async (inline) => {
    const ws = makeWs({ threshold: 0 }, header)
    const pool = makePool({ inline, inlineLimit: 5000 })
    const [deflater, inflater] = [pool.deflater(direction), pool.inflater(direction)]
    const rounds = windowBits === 15 && inline ? 2000 : 200
    for (let i = 0; i < rounds; i++) {
      const payload = i % 5 === 0
        ? Samples.noise(1 + i % 700, i % 7)
        : json(1 + (i * 37) % 3000 + (i % 50 === 0 ? 20_000 : 0), i % 9)
      if (i % 3 > 0) pool.sleep()
      expect(payload.equals(await decompress(ws, await deflate(deflater, payload)))).toBe(true)
      if (i % 4 > 0) pool.sleep()
      expect(await inflate(inflater, await compress(ws, payload))).toEqual(payload)
    }
    deflater.close()
    inflater.close()
    ws.cleanup()
  })
})

/** Passes octets through a stream, and flushes it. */
const flushed = (stream: Zlib.DeflateRaw | Zlib.InflateRaw, ...inputs: ReadonlyArray<Uint8Array>): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Array<Buffer> = []
    stream.removeAllListeners()
    stream.on("data", (chunk: Buffer) => chunks.push(chunk))
    stream.on("error", reject)
    for (const input of inputs) stream.write(input)
    stream.flush(Zlib.constants.Z_SYNC_FLUSH, () => resolve(Buffer.concat(chunks)))
  })

describe("Node's zlib streams as the peer", () => {
  it("reads and is read, for any messages", async () => {
    const messages = fc.array(message, { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(
        messages,
        fc.integer({ min: 9, max: 15 }),
        fc.boolean(),
        async (messages, windowBits, inline) => {
          const pool = makePool({ inline })
          const direction = { noContextTakeover: false, windowBits }
          const [deflater, inflater] = [pool.deflater(direction), pool.inflater(direction)]
          const [peerDeflate, peerInflate] = [
            Zlib.createDeflateRaw({ windowBits }),
            Zlib.createInflateRaw({ windowBits })
          ]
          for (const message of messages) {
            const ours = await deflate(deflater, message)
            expect(await flushed(peerInflate, ours, Buffer.of(0, 0, 0xff, 0xff))).toEqual(message)
            if (message.length === 0) continue
            const theirs = await flushed(peerDeflate, message)
            expect(await inflate(inflater, theirs.subarray(0, -4))).toEqual(message)
          }
          deflater.close()
          inflater.close()
          peerDeflate.close()
          peerInflate.close()
        }
      ),
      { numRuns: 100 }
    )
  })
})

interface Handle {
  readonly _handle: { readonly writeSync: (...args: ReadonlyArray<unknown>) => void }
  readonly _writeState: Uint32Array
}

/** Whether it can be read octet by octet, so that zlib has nothing but its window of 256 octets to refer to. */
const isReadIn8Bits = (compressed: Uint8Array, expected: Buffer): boolean => {
  const stream = Zlib.createInflateRaw({ windowBits: 8 }).on("error", () => {})
  const { _handle, _writeState } = stream as unknown as Handle
  const output = Buffer.alloc(1)
  const results: Array<number> = []
  const pass = (at: number, length: number): void => {
    _handle.writeSync(Zlib.constants.Z_SYNC_FLUSH, compressed, at, length, output, 0, 1)
    if (stream.destroyed || _writeState[0] === 1) return
    results.push(output[0])
    pass(at, 0)
  }
  for (let at = 0; at < compressed.length && !stream.destroyed; at++) pass(at, 1)
  return Buffer.from(results).equals(expected)
}

describe("a window of 8 bits", () => {
  it("is kept to, whatever repeats at whatever distance", async () => {
    for (const level of [1, 4, 6, 9]) {
      for (const period of [100, 249, 250, 251, 255, 256, 257, 262, 300, 511]) {
        const pool = makePool()
        const deflater = pool.deflater({ noContextTakeover: false, windowBits: 8 }, { level })
        const unit = Samples.noise(period)
        const payload = Buffer.concat([unit, unit, unit, unit])
        const compressed = [await deflate(deflater, payload)]
        pool.sleep()
        compressed.push(await deflate(deflater, payload))
        const whole = Buffer.concat(compressed.flatMap((part) => [part, Buffer.of(0, 0, 0xff, 0xff)]))
        expect(isReadIn8Bits(whole, Buffer.concat([payload, payload]))).toBe(true)
        deflater.close()
      }
    }
  })

  it("is told from one of 9 bits by this test", () => {
    const unit = Samples.noise(400)
    const compressed = Zlib.deflateRawSync(Buffer.concat([unit, unit]), { windowBits: 10 })
    expect(isReadIn8Bits(compressed, Buffer.concat([unit, unit]))).toBe(false)
  })
})

describe("negotiation with ws", () => {
  const flag = fc.constantFrom(true, false, undefined)
  const bits = fc.oneof(fc.integer({ min: 8, max: 15 }), fc.constantFrom(false as const, undefined))
  const options = fc.record({
    serverNoContextTakeover: flag,
    clientNoContextTakeover: flag,
    serverMaxWindowBits: bits,
    clientMaxWindowBits: fc.oneof(bits, fc.constant<true>(true))
  })

  it("offers the same", () => {
    fc.assert(fc.property(options, (options) => {
      const theirs = Object.entries(new WsPerMessageDeflate(options).offer())
      expect(PerMessageDeflate.offer(options).params).toEqual(
        theirs.map(([param, value]) => [param, value === true ? true : `${value}`])
      )
    }))
  })

  it("accepts the same", () => {
    fc.assert(
      fc.property(options, options, (client, server) => {
        const offer = PerMessageDeflate.offer(client)
        const accepted = Result.getOrThrow(PerMessageDeflate.accept([offer], server))
        const ws = new WsPerMessageDeflate({ ...server, isServer: true })
        const accept = () => ws.accept([toConfiguration(offer)])
        if (accepted === undefined) {
          expect(accept).toThrow()
          return
        }
        const { client_max_window_bits = 15, server_max_window_bits = 15, ...flags } = accept()
        expect(accepted.params).toEqual({
          serverNoContextTakeover: flags["server_no_context_takeover"] === true,
          clientNoContextTakeover: flags["client_no_context_takeover"] === true,
          serverMaxWindowBits: server_max_window_bits,
          clientMaxWindowBits: client_max_window_bits
        })
      }),
      { numRuns: 1000 }
    )
  })
})
