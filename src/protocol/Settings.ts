/**
 * What a protocol was told beforehand. Connections that were told the same share it, and read with the same decoder.
 *
 * @since 0.1.0
 */
import * as Bytes from "./Bytes.ts"
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

/**
 * The settings of connections.
 *
 * @category models
 * @since 0.1.0
 */
export class Settings {
  readonly role: Role
  readonly bytes: Bytes.Bytes
  readonly limits: Limits.Limits
  readonly compression: boolean
  readonly validateUtf8: boolean
  readonly reasons: boolean
  readonly endsFirst: boolean
  private spare: Intake | undefined = undefined

  constructor(options: Options) {
    this.role = options.role
    this.bytes = options.bytes ?? Bytes.portable
    this.limits = Limits.resolve(options.limits)
    this.compression = options.compression ?? false
    this.validateUtf8 = options.validateUtf8 ?? true
    this.reasons = options.reasons ?? true
    this.endsFirst = options.role === "server" || (options.endsFirst ?? false)
  }

  equals(that: Settings): boolean {
    return this.role === that.role && this.bytes === that.bytes && Limits.equal(this.limits, that.limits) &&
      this.compression === that.compression && this.validateUtf8 === that.validateUtf8 &&
      this.reasons === that.reasons && this.endsFirst === that.endsFirst
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
 * The settings of these options: the same as others have, unless there were many others since.
 *
 * @category constructors
 * @since 0.1.0
 */
export const of = (options: Options): Settings => {
  const settings = new Settings(options)
  return known.find((one) => one.equals(settings)) ?? add(settings)
}

/** The latest that were not like another; a process has few. */
const known: Array<Settings> = []
const most = 16

const add = (settings: Settings): Settings => {
  if (known.push(settings) > most) known.shift()
  return settings
}
