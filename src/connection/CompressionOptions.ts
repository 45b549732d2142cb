/**
 * How messages are compressed: what users say, and what that comes to.
 *
 * @since 0.1.0
 */
import type * as PerMessageDeflate from "../protocol/PerMessageDeflate.ts"
import { type DeflatePool, nodeDeflatePool, type Tuning } from "../transport/DeflatePool.ts"

/**
 * How messages are compressed. The parameters of the negotiation are those of `PerMessageDeflate.Options`.
 *
 * **Details**
 *
 * Without context takeover every message is compressed by itself, and costs a connection no memory. With it, messages
 * that resemble each other become far smaller; an idle connection then keeps only the last 32 KiB that it sent and
 * received.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends PerMessageDeflate.Options {
  /**
   * Octets from which on a message is compressed; streamed messages always are. Default 1024 without context takeover,
   * 128 with it.
   */
  readonly threshold?: number | undefined
  /** zlib's level, 0 to 9, or -1 for its own default. Default 6, and 5 for messages from 8 KiB to 32 KiB. */
  readonly level?: number | undefined
  /** zlib's memory level, 1 to 9: a deflate context takes `2 ** (memLevel + 9)` octets besides its window. Default 8. */
  readonly memLevel?: number | undefined
  /** zlib's strategy, 0 to 4, as in `zlib.constants`. Default 0, `Z_DEFAULT_STRATEGY`. */
  readonly strategy?: number | undefined
  /**
   * How many octets one octet of a received message may inflate to, for messages over 64 KiB; beyond it: 1009. Plain text
   * rarely has more than 20, and 1032 is all that deflate can do. Default no limit but `maxMessageSize`.
   */
  readonly maxRatio?: number | undefined
  /** Who owns the zlib contexts. Default: the process's pool. */
  readonly pool?: DeflatePool | undefined
}

/**
 * The options with nothing left open but the negotiation.
 *
 * @category models
 * @since 0.1.0
 */
export interface Resolved {
  readonly negotiation: PerMessageDeflate.Options
  /** Octets from which on a message is compressed, by itself and in context. */
  readonly threshold: { readonly alone?: number | undefined; readonly inContext?: number | undefined }
  readonly tuning: Tuning
  readonly pool: DeflatePool
  readonly maxRatio?: number | undefined
}

/**
 * The defaults.
 *
 * @category constants
 * @since 0.1.0
 */
export const standard: Resolved = {
  negotiation: {},
  threshold: {},
  tuning: {},
  pool: nodeDeflatePool
}

/**
 * Fills in the defaults; `undefined` if there is to be no compression.
 *
 * @category constructors
 * @since 0.1.0
 */
export const resolve = (given: boolean | Options): Resolved | undefined => {
  if (typeof given === "boolean") return given ? standard : undefined
  const { maxRatio, pool = standard.pool, threshold } = given
  return { negotiation: given, threshold: { alone: threshold, inContext: threshold }, tuning: given, pool, maxRatio }
}

const ranges = {
  level: [-1, 9],
  memLevel: [1, 9],
  strategy: [0, 4],
  serverMaxWindowBits: [8, 15],
  clientMaxWindowBits: [8, 15],
  threshold: [0, Infinity],
  maxRatio: [0, Infinity]
} as const

/**
 * What is wrong with options, if something is.
 *
 * @category guards
 * @since 0.1.0
 */
export const misuse = (given: boolean | Options): string | undefined => {
  if (typeof given === "boolean") return undefined
  for (const [name, [least, most]] of Object.entries(ranges)) {
    const value = given[name as keyof typeof ranges]
    if (typeof value !== "number" || (value >= least && value <= most && (most === Infinity || value % 1 === 0))) {
      continue
    }
    return `compression: ${name} must be ${most === Infinity ? "0 or more" : `${least} to ${most}`}, not ${value}`
  }
  return undefined
}
