/**
 * What a protocol was told beforehand. Connections that were told the same share it, and read with the same decoder.
 *
 * @since 0.1.0
 */
import * as Bytes from "./Bytes.ts"
import type { Rules } from "./FrameHeader.ts"
import { Intake } from "./Intake.ts"
import * as Limits from "./Limits.ts"

/**
 * Which end of the connection this is. A client masks what it sends (RFC 6455 §5.1).
 *
 * @category models
 * @since 0.1.0
 */
export type Role = "client" | "server"

/**
 * What can be set for many connections at once.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly role: Role
  readonly limits?: Limits.Given | undefined
  /** The platform's operations on bytes; plain JavaScript by default. */
  readonly bytes?: Bytes.Bytes | undefined
  /** Whether permessage-deflate was negotiated: RSV1 is then allowed, and `Inflate` orders come. Default false. */
  readonly compression?: boolean | undefined
  /** Whether text and close reasons are checked (RFC 6455 §8.1). Default true. */
  readonly validateUtf8?: boolean | undefined
  /** Whether the Close for a broken rule says which one it is. Default true. */
  readonly reasons?: boolean | undefined
  /** Whether a client ends TCP after the closing handshake, instead of leaving that to the server. Default false. */
  readonly endsFirst?: boolean | undefined
}

/** The options with their defaults. */
interface Given {
  readonly role: Role
  readonly bytes: Bytes.Bytes
  readonly limits: Limits.Limits
  readonly compression: boolean
  readonly validateUtf8: boolean
  readonly reasons: boolean
  readonly endsFirst: boolean
}

/**
 * The settings of connections.
 *
 * @category models
 * @since 0.1.0
 */
export class Settings implements Given {
  readonly role: Role
  readonly bytes: Bytes.Bytes
  readonly limits: Limits.Limits
  readonly compression: boolean
  readonly validateUtf8: boolean
  readonly reasons: boolean
  readonly endsFirst: boolean
  /** What frames may be like (RFC 6455 §5.1, RFC 7692 §6). */
  readonly rules: Rules
  private spare: Intake | undefined = undefined

  constructor(given: Given) {
    this.role = given.role
    this.bytes = given.bytes
    this.limits = given.limits
    this.compression = given.compression
    this.validateUtf8 = given.validateUtf8
    this.reasons = given.reasons
    this.endsFirst = given.endsFirst
    this.rules = { masked: given.role === "server", rsv1: given.compression }
  }

  /** An intake in which nothing is half there. */
  lend(): Intake {
    const intake = this.spare ?? new Intake(this)
    this.spare = undefined
    return intake
  }

  /** Takes back an intake in which nothing is half there. One is enough: connections read one after the other. */
  takeBack(intake: Intake): void {
    this.spare = intake
  }
}

/**
 * The settings of these options.
 *
 * @category constructors
 * @since 0.1.0
 */
export const of = (options: Options): Settings => {
  const given = {
    role: options.role,
    bytes: options.bytes ?? Bytes.portable,
    limits: Limits.resolve(options.limits),
    compression: options.compression ?? false,
    validateUtf8: options.validateUtf8 ?? true,
    reasons: options.reasons ?? true,
    endsFirst: options.role === "server" || (options.endsFirst ?? false)
  }
  return known.find((settings) => equal(settings, given)) ?? add(new Settings(given))
}

/** A process has few; where it has more, some are not shared. */
const known: Array<Settings> = []
const most = 16

const add = (settings: Settings): Settings => {
  if (known.length < most) known.push(settings)
  return settings
}

const equal = (a: Given, b: Given): boolean =>
  a.role === b.role && a.bytes === b.bytes && a.limits === b.limits && a.compression === b.compression &&
  a.validateUtf8 === b.validateUtf8 && a.reasons === b.reasons && a.endsFirst === b.endsFirst
