import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import * as Zlib from "node:zlib"
import type * as Violation from "../../src/protocol/Violation.ts"
import { DeflatePool } from "../../src/transport/DeflatePool.ts"
import type { Deflater } from "../../src/transport/ZlibDeflater.ts"
import type { Inflater } from "../../src/transport/ZlibInflater.ts"
import type * as ZlibKeeper from "../../src/transport/ZlibKeeper.ts"

export const everything = 1 << 30

/** A pool whose timer is turned by the test. */
export const makePool = (options: ZlibKeeper.Options = {}) => new DeflatePool({ every: () => () => {}, ...options })

export const deflate = (deflater: Deflater, payload: Uint8Array): Promise<Uint8Array> =>
  new Promise((resolve) => deflater.deflate(payload, resolve))

export const deflatePart = (deflater: Deflater, payload: Uint8Array): Promise<Uint8Array> =>
  new Promise((resolve) => deflater.deflatePart(payload, resolve))

export const inflate = (
  inflater: Inflater,
  payload: Uint8Array,
  limit = everything
): Promise<Uint8Array | Violation.ProtocolError> => new Promise((resolve) => inflater.inflate(payload, limit, resolve))

/** JSON as services send it, of the given length. */
export const json = (length: number, seed = 1): Buffer => {
  let text = "["
  for (let i = seed; text.length < length; i++) {
    const record = { id: i * 7919, name: `user ${(i * 31) % 97}`, active: i % 3 === 0, score: Math.sin(i).toFixed(6) }
    text += `${JSON.stringify(record)},`
  }
  return Buffer.from(text.slice(0, length))
}

/** Octets that cannot be compressed, the same for the same seed. */
export const noise = (length: number, seed = 1): Buffer => {
  const octets = Buffer.alloc(length)
  for (let i = 0, state = seed | 1; i < length; i++) {
    state = Math.imul(state, 1664525) + 1013904223
    octets[i] = state >>> 24
  }
  return octets
}

/** Octets that repeat after `period`. */
const periodic = (length: number, period: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, i) => noise(period)[i % period]))

const size = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 20_000 }))

/** Messages of all kinds. */
export const message: fc.Arbitrary<Buffer> = fc.oneof(
  fc.tuple(size, fc.nat(1000)).map(([length, seed]) => json(length, seed)),
  fc.tuple(size, fc.nat(1000)).map(([length, seed]) => noise(length, seed)),
  fc.tuple(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 1, max: 600 })).map(([length, period]) =>
    periodic(length, period)
  ),
  fc.constant(Buffer.alloc(0))
)

/** Compresses as a peer does who ends every message's stream (RFC 7692 §7.2.3.4). */
export const withFinalBlock = (payload: Uint8Array, options: Zlib.ZlibOptions = {}): Buffer =>
  Buffer.concat([Zlib.deflateRawSync(payload, options), Buffer.of(0)])

/** Compresses without a context. */
export const compress = (payload: Uint8Array): Buffer =>
  Zlib.deflateRawSync(payload, { finishFlush: Zlib.constants.Z_SYNC_FLUSH }).subarray(0, -4)
