/**
 * The end of a connection: what is known of it, and who waits for it.
 *
 * @since 0.1.0
 */
import * as CloseCode from "../protocol/CloseCode.ts"
import type * as Order from "../protocol/Order.ts"
import * as WebSocketError from "../WebSocketError.ts"
import { Waiters } from "./Waiters.ts"

/**
 * How a connection ended: the code and reason of RFC 6455 §7.1.5 and §7.1.6, and whether both sides said goodbye.
 *
 * @category models
 * @since 0.1.0
 */
export interface CloseEvent {
  readonly code: number
  readonly reason: string
  readonly clean: boolean
  /** Why it was not clean, as far as it is known. */
  readonly error: WebSocketError.WebSocketError | undefined
}

/** The peer's Close is answered with its own. */
const answer = { code: 1005, reason: "" }

/**
 * How far a connection is with its end.
 *
 * **Details**
 *
 * It begins when a Close of ours is decided on, is known when the closing handshake is over or has failed, and is
 * complete when the transport is gone, which may also come first.
 *
 * @category models
 * @since 0.1.0
 */
export class Ending {
  /** The Close that is decided on: nothing can be sent after it. */
  begun: { readonly code: number; readonly reason: string } | undefined = undefined
  /** A Close that is not sent yet, for the peer's or for its mistake. */
  due: Order.ControlWrite | undefined = undefined
  /** Set when the end is known. */
  event: CloseEvent | undefined = undefined
  /** The reason as it came, if it was not validated. */
  octets: Uint8Array | undefined = undefined
  /** Whether the operating system has taken our Close. */
  isWritten = false
  /** Whether the transport is gone. */
  isGone = false
  /** Why it ended, where the protocol does not know. */
  private cause: WebSocketError.WebSocketError | undefined = undefined
  private closing: Waiters | undefined = undefined
  private closed: Waiters | undefined = undefined
  private gone: Waiters | undefined = undefined

  get state(): "Open" | "Closing" | "Closed" {
    if (this.event !== undefined) return "Closed"
    return this.begun === undefined ? "Open" : "Closing"
  }

  /** Why nothing can be sent any more, or `undefined`. */
  get unsendable(): WebSocketError.WebSocketError | undefined {
    const end = this.event ?? this.begun
    return end === undefined ? undefined : this.event?.error ?? WebSocketError.fromClose(end.code, end.reason)
  }

  // ---- how it goes on ----

  /** Our Close is decided on, and those who have something to send before it do so now; false if that was so already. */
  begin(code: number, reason: string): boolean {
    if (this.state !== "Open") return false
    this.closing?.call()
    this.begun = { code, reason }
    return true
  }

  /** The peer's Close is answered. */
  beginAnswer(): void {
    this.begun ??= answer
  }

  /** Says why it will have ended, if nothing else is known. */
  blame(cause: WebSocketError.WebSocketError): void {
    this.cause ??= cause
  }

  /** The end is known; `tellClosed` has to follow. */
  settle(ended: Order.Ended): CloseEvent {
    const { clean, code, octets, reason } = ended
    this.octets = octets
    return this.event = { code, reason, clean, error: this.errorOf(ended) }
  }

  private errorOf({ code, error, reason }: Order.Ended): WebSocketError.WebSocketError | undefined {
    if (error !== undefined) return new WebSocketError.WebSocketError({ reason: error })
    return this.cause ?? (CloseCode.isNormal(code) ? undefined : WebSocketError.fromClose(code, reason))
  }

  tellClosed(): void {
    this.closed?.call()
  }

  tellGone(): void {
    this.gone?.call()
  }

  // ---- who waits ----

  /** Calls back before our Close, for what is still to be sent. Not called if it is the peer who closes. */
  onClosing(callback: () => void): () => void {
    return (this.closing ??= new Waiters()).add(callback)
  }

  /** Calls back when the end is known. */
  onClosed(callback: () => void): () => void {
    if (this.event === undefined) return (this.closed ??= new Waiters()).add(callback)
    callback()
    return ignore
  }

  /** Calls back when the transport is gone. */
  onGone(callback: () => void): void {
    if (this.isGone) callback()
    else (this.gone ??= new Waiters()).add(callback)
  }
}

const ignore = (): void => {}
