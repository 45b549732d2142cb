/**
 * A connection of the `ws` package, as the other side in tests: what happens to it is kept from its first moment on.
 */
import { Effect } from "effect"
import type { Scope } from "effect/Scope"
import { type ClientOptions, WebSocket } from "ws"

export interface Closed {
  readonly code: number
  readonly reason: string
}

export class WsPeer {
  readonly socket: WebSocket
  readonly messages: Array<string | Buffer> = []
  readonly pings: Array<string> = []
  readonly pongs: Array<string> = []
  closedWith: Closed | undefined = undefined
  private waiting: Array<() => void> = []

  constructor(socket: WebSocket) {
    this.socket = socket
    socket.on("message", (data: Buffer, isBinary) => this.note(this.messages, isBinary ? data : data.toString()))
    socket.on("ping", (payload) => this.note(this.pings, payload.toString()))
    socket.on("pong", (payload) => this.note(this.pongs, payload.toString()))
    socket.on("error", () => {})
    socket.on("close", (code, reason) => {
      this.closedWith = { code, reason: reason.toString() }
      this.changed()
    })
  }

  private note<A>(list: Array<A>, item: A): void {
    list.push(item)
    this.changed()
  }

  private changed(): void {
    for (const check of this.waiting) check()
  }

  /** Waits until something holds. */
  until(test: () => boolean): Effect.Effect<void> {
    return Effect.callback((resume) => {
      const check = () => {
        if (test()) resume(Effect.void)
      }
      this.waiting.push(check)
      check()
    })
  }

  /** Waits for so many messages, and gives all that came. */
  received(count: number): Effect.Effect<ReadonlyArray<string | Buffer>> {
    return Effect.as(this.until(() => this.messages.length >= count), this.messages)
  }

  get closed(): Effect.Effect<Closed> {
    return Effect.map(this.until(() => this.closedWith !== undefined), () => this.closedWith!)
  }
}

/** Connects with `ws`'s client. */
export const connect = (
  url: string,
  options: ClientOptions = {},
  protocols: Array<string> = []
): Effect.Effect<WsPeer, Error, Scope> =>
  Effect.acquireRelease(
    Effect.callback<WsPeer, Error>((resume) => {
      const peer = new WsPeer(new WebSocket(url, protocols, options))
      peer.socket.once("open", () => resume(Effect.succeed(peer)))
      peer.socket.once("error", (error) => resume(Effect.fail(error)))
    }),
    ({ socket }) => Effect.sync(() => socket.terminate())
  )
