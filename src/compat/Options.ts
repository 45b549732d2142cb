/**
 * ws's options and their defaults, in the terms of our own.
 *
 * @since 0.1.0
 */
import type * as CompressionOptions from "../connection/CompressionOptions.ts"
import * as Limits from "../protocol/Limits.ts"
import type * as PerMessageDeflate from "../protocol/PerMessageDeflate.ts"
import { DeflatePool, nodeDeflatePool } from "../transport/DeflatePool.ts"

/**
 * The options that clients and servers share.
 *
 * @category models
 * @since 0.1.0
 */
export interface SharedOptions {
  readonly allowSynchronousEvents?: boolean | undefined
  readonly autoPong?: boolean | undefined
  /** Milliseconds that closing may take. */
  readonly closeTimeout?: number | undefined
  readonly maxBufferedChunks?: number | undefined
  readonly maxFragments?: number | undefined
  readonly maxPayload?: number | undefined
  readonly maxPendingAutoPongs?: number | undefined
  readonly skipUTF8Validation?: boolean | undefined
}

/**
 * Their defaults.
 *
 * @category constants
 * @since 0.1.0
 */
export const shared = {
  allowSynchronousEvents: true,
  autoPong: true,
  closeTimeout: 30_000,
  maxBufferedChunks: Limits.defaults.maxChunks,
  maxFragments: Limits.defaults.maxFragments,
  maxPayload: Limits.defaults.maxMessageSize,
  maxPendingAutoPongs: Limits.defaults.maxPendingPings,
  skipUTF8Validation: false
}

/**
 * An option, or its default if it is not given. One that is given as `undefined` is `undefined`.
 *
 * @category getters
 * @since 0.1.0
 */
export const get = <Name extends keyof typeof shared>(options: SharedOptions, name: Name): SharedOptions[Name] =>
  name in options ? options[name] : shared[name]

/**
 * A limit: in ws, 0 or less is none.
 *
 * @category constructors
 * @since 0.1.0
 */
export const limit = (value: number | undefined): number => value !== undefined && value > 0 ? value : Infinity

/**
 * The limits on what is received.
 *
 * @category constructors
 * @since 0.1.0
 */
export const limits = (options: SharedOptions): Limits.Limits => ({
  maxMessageSize: limit(get(options, "maxPayload")),
  maxFragments: limit(get(options, "maxFragments")),
  maxChunks: limit(get(options, "maxBufferedChunks")),
  maxPendingPings: Infinity
})

/**
 * What `perMessageDeflate` may be.
 *
 * @category models
 * @since 0.1.0
 */
export interface PerMessageDeflateOptions extends PerMessageDeflate.Options {
  readonly zlibDeflateOptions?: {
    readonly level?: number | undefined
    readonly memLevel?: number | undefined
    readonly strategy?: number | undefined
  } | undefined
  readonly zlibInflateOptions?: object | undefined
  readonly threshold?: number | undefined
  readonly concurrencyLimit?: number | undefined
}

const defaultThreshold = 1024
const defaultConcurrency = 10

const pools = new Map<number, DeflatePool>()

/** Whoever sets another limit gets a pool of its own. */
const poolFor = (concurrency: number): DeflatePool => {
  if (concurrency === defaultConcurrency) return nodeDeflatePool
  const pool = pools.get(concurrency) ?? new DeflatePool({ concurrency })
  pools.set(concurrency, pool)
  return pool
}

/** Whatever is true is as good as `true`; only `false` itself forbids. */
const flag = (value: unknown): boolean | undefined => value ? true : value === false ? false : undefined

/** No window at all is like `false`. */
const forbidden = (value: unknown): false | undefined => value === undefined || value === null ? undefined : false

/**
 * How messages are compressed, or `undefined` if they are not to be.
 *
 * @category constructors
 * @since 0.1.0
 */
export const compression = (
  given: boolean | PerMessageDeflateOptions | undefined
): CompressionOptions.Resolved | undefined => {
  if (!given) return undefined
  const options = given === true ? {} : given
  const { concurrencyLimit = defaultConcurrency, threshold = defaultThreshold, zlibDeflateOptions } = options
  const { level, memLevel, strategy } = zlibDeflateOptions ?? {}
  // ws compresses everything where there is context takeover
  return {
    negotiation: {
      serverNoContextTakeover: flag(options.serverNoContextTakeover),
      clientNoContextTakeover: flag(options.clientNoContextTakeover),
      serverMaxWindowBits: options.serverMaxWindowBits || forbidden(options.serverMaxWindowBits),
      clientMaxWindowBits: options.clientMaxWindowBits || forbidden(options.clientMaxWindowBits)
    },
    threshold: { alone: threshold, inContext: 0 },
    tuning: { level: level ?? 6, memLevel, strategy },
    pool: poolFor(limit(concurrencyLimit))
  }
}
