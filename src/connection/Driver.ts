/**
 * Interprets the protocol over a transport. Everything here is synchronous, and without Effect's runtime, which those who
 * listen to events need not load; `Connection` lifts it into Effect.
 *
 * @since 0.1.0
 */
import * as CloseFrame from "../protocol/CloseFrame.ts"
import * as Opcode from "../protocol/Opcode.ts"
import type * as Order from "../protocol/Order.ts"
import type { ProtocolError } from "../protocol/Violation.ts"
import { nodeBytes } from "../transport/NodeBytes.ts"
import { place } from "../transport/Roster.ts"
import type { Receiver } from "../transport/Transport.ts"
import * as WebSocketError from "../WebSocketError.ts"
import { Deadline, type Debtor, type StartTimer } from "./Deadline.ts"
import type * as Parts from "./Parts.ts"
import { type Answered, Pings } from "./Pings.ts"
import { Reading } from "./Reading.ts"
import type { Tap, Watcher } from "./Tap.ts"

/** The end is known, and TCP has still to end. A peer that lingers then holds up nobody for longer than this. */
const longestLinger = 1000

/**
 * What a driver needs.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Parts.Options {
  /** How many milliseconds the peer may take with its part of the closing handshake. */
  readonly closeTimeout: number
  /** Whether TCP has a time of its own to end after that, of a second at most; else it has what is left. Default true. */
  readonly lingers?: boolean | undefined
  readonly startTimer: StartTimer
}

/**
 * One connection, from its open transport to the end. What it may never need, it has not.
 *
 * @category models
 * @since 0.1.0
 */
export class Driver extends Reading implements Receiver, Debtor {
  /** Which connection of its role it is, from 1. */
  readonly number: number;
  [place] = 0
  private readonly closeTimeout: number
  private readonly lingers: boolean
  private watcher: Watcher | undefined = undefined
  private readonly startTimer: StartTimer
  private deadline: Deadline | undefined = undefined
  private pings: Pings | undefined = undefined
  /** Whether the peer's Close is answered at once, also if the reader is busy with what came before. */
  isPrompt = false

  constructor(options: Options) {
    super(options)
    this.closeTimeout = options.closeTimeout
    this.lingers = options.lingers ?? true
    this.startTimer = options.startTimer
    this.number = this.tally.begin(this)
  }

  /** Tells of the end, which may have come already. */
  watch(watcher: Watcher): void {
    this.watcher = watcher
    if (this.state === "Closed") watcher.onClosed()
    if (this.isGone) watcher.onGone()
  }

  /** Starts reading. What was sent before that may have drained with nobody to be told. */
  start(): void {
    this.transport.start(this)
    if (this.congestedSince !== undefined && !this.transport.congested) this.outbox.drained()
  }

  // ---- what the transport tells ----

  onBytes(chunk: Uint8Array): void {
    this.accept(chunk)
    this.read()
  }

  room(): Uint8Array | undefined {
    return this.protocol.room()
  }

  onDrain(): void {
    this.signs++
    this.otherSigns++
    this.madeOutbox?.drained()
  }

  onWritable(writable: boolean): void {
    this.obeyAll(this.protocol.setWritable(writable))
  }

  onEnd(): void {
    this.stopped = false // the end is told also to a tap that takes nothing for now
    this.protocol.endOfStream()
    this.read()
  }

  /** What was on its way is told next that it failed. */
  onFailure(): void {
    this.tap?.onClosing()
  }

  onClose(error: Error | undefined, rest?: Uint8Array | undefined): void {
    if (this.isGone) return
    const { ending } = this
    ending.isGone = true
    if (error !== undefined) ending.blame(WebSocketError.fromTransport(error))
    this.tap?.onClosing()
    if (rest !== undefined) this.accept(rest)
    this.protocol.endOfStream()
    this.deadline?.clear()
    try {
      this.readOn() // a listener may throw
    } finally {
      this.watcher?.onGone()
      ending.tellGone()
    }
  }

  // ---- the protocol's orders ----

  protected obeyAll(orders: ReadonlyArray<Order.Order>): void {
    for (const order of orders) this.obeyNow(order)
  }

  /** What ends the connection has to wait for the reader, who may have answers to what came before. */
  protected obey(order: Order.Order): void {
    if (order._tag !== "Write" || order.opcode !== Opcode.Close) return this.obeyNow(order)
    if (this.tap !== undefined) return this.closeAfter(this.tap, order)
    this.inbox.wake()
    const busy = this.hasReader && !this.isPrompt && !this.inbox.isWaiting() && this.protocol.state === "Exchanged"
    if (!busy || this.isGone || this.hasSaidAll) return this.obeyNow(order)
    this.held = order
    this.allow(this.closeTimeout)
    this.pings?.fail(closeOf(order), undefined)
  }

  /** A tap hears of it first, and may close by itself, which sends it. */
  private closeAfter(tap: Tap, order: Order.ControlWrite): void {
    this.ending.due = order
    try {
      tap.onCloseDue(order.payload)
    } finally {
      this.sendDue()
    }
  }

  private sendDue(): void {
    const { due } = this.ending
    this.ending.due = undefined
    if (due !== undefined) this.closeInTurn(due)
  }

  /** A tap's messages were accepted when they were sent, and go out first. */
  private closeInTurn(order: Order.ControlWrite): void {
    this.ending.beginAnswer()
    if (this.isGone || this.outbox.isFree) return this.obeyNow(order)
    this.held = order
    this.outbox.turns.inOrder({ size: 0, run: () => this.readOn(), drop: ignore })
    this.tap?.onClosing()
  }

  protected obeyNow(order: Order.Order): void {
    switch (order._tag) {
      case "Fragment":
        if (order.frame.fin) this.tally.messagesIn++
        return this.inbox.push({ frame: order.frame, length: order.frame.payload.length })
      case "Ping": // its pong is an order of its own
        this.countControl(order.payload)
        return this.tap?.onPing(order.payload)
      case "Pong":
        this.countControl(order.payload)
        this.pings?.answer(order.payload, this.tally.roundTrips)
        return this.tap?.onPong(order.payload)
      case "Write":
        return this.writeControl(order.opcode, order.payload)
      case "Inflate":
        return this.inflate(order.payload, order.transient)
      case "Closed":
        return this.closed(order.ended)
      case "EndWrite":
        this.flush()
        return this.transport.end()
      case "Destroy":
        return this.tap === undefined ? this.transport.destroy() : this.transport.end()
    }
  }

  private countControl(payload: Uint8Array): void {
    this.otherSigns += (this.protocol.role === "server" ? 6 : 2) + payload.length
  }

  /** A large message comes later, from the thread pool; the protocol waits for it. */
  private inflate(payload: Uint8Array, transient: boolean): void {
    this.inflating = true
    const done = (result: Uint8Array | ProtocolError) => {
      this.inflating = false
      this.protocol.inflated(result)
      this.read()
    }
    this.compressor?.inflate(payload, this.protocol.limits.maxMessageSize, done, transient)
  }

  private writeControl(opcode: Opcode.Control, payload: Uint8Array): void {
    if (opcode === Opcode.Close) this.ending.beginAnswer()
    if (this.isGone) return
    if (opcode !== Opcode.Close) return this.outbox.frame(true, opcode, payload)
    this.outbox.control(opcode, payload, undefined, (error) => this.ending.isWritten = !error)
  }

  // ---- sending ----

  /** Sends a ping; `answered` is called with the pong, or with why there will be none. Returns how to stop waiting. */
  ping(payload: Uint8Array | undefined, answered: Answered): () => void {
    const { held } = this
    if (held !== undefined) {
      const { code, reason } = closeOf(held)
      answered(WebSocketError.fromClose(code, reason))
      return ignore
    }
    const pings = this.pings ??= new Pings()
    const own = payload ?? pings.nextPayload()
    const cancel = pings.add(own, answered)
    this.outbox.frame(true, Opcode.Ping, own)
    return cancel
  }

  // ---- closing ----

  /** Starts the closing handshake, after everything that was sent before. */
  close(close: CloseFrame.CloseFrame): void {
    const begins = this.beginClosing(close.code, close.reason)
    if (this.ending.due !== undefined) this.sendDue()
    else if (begins) this.sendClose(close)
    this.regulate()
  }

  private sendClose(close: CloseFrame.CloseFrame): void {
    const { outbox } = this
    const run = () => this.writeClose(close)
    if (outbox.isFree) run()
    else outbox.turns.inOrder({ size: CloseFrame.encode(nodeBytes, close).length, run, drop: ignore })
  }

  /** A Close of the peer's that is held for the reader is not to wait any more: no answers of his could go out. */
  private writeClose(close: CloseFrame.CloseFrame): void {
    this.obeyAll(this.protocol.close(close))
    if (this.held !== undefined) this.readOn()
  }

  /** Whether our Close is decided on, and nothing waits before it. */
  private get hasSaidAll(): boolean {
    return this.state !== "Open" && this.outbox.isFree
  }

  /** Closes without waiting for a streamed message that is under way, nor for what waits behind it. */
  abort(code: number, reason: string): void {
    this.beginClosing(code, reason)
    this.outbox.abandon()
    const { begun } = this.ending
    if (begun !== undefined) this.writeClose(begun)
    this.regulate()
  }

  /** Fails the connection for a peer that is silent: tells it why, and drops the transport soon after. */
  fail(reason: WebSocketError.HeartbeatError): void {
    this.tally.reach(reason.missed === "pong" ? "heartbeat" : "idleTimeout")
    this.failWith(new WebSocketError.WebSocketError({ reason }), { code: reason.closeCode, reason: reason.message })
  }

  /** Fails the connection for a reason of our own, and drops the transport soon after. */
  failWith(error: WebSocketError.WebSocketError, close: CloseFrame.CloseFrame): void {
    this.ending.blame(error)
    this.obeyAll(this.protocol.abort(close))
  }

  /** Nothing can be sent from now on; false if that was so already. */
  private beginClosing(code: number, reason: string): boolean {
    const begins = this.ending.begin(code, reason)
    if (begins) this.allow(this.closeTimeout)
    return begins
  }

  /** Ends TCP without a closing handshake, after what was sent. The peer may take as long with its end as with a Close. */
  end(): void {
    this.beginClosing(1006, "")
    this.flush()
    this.transport.end()
  }

  /** Drops the connection at once, without a closing handshake, but not what was gathered to be written. */
  destroy(): void {
    this.flush()
    this.transport.destroy()
  }

  private closed(ended: Order.Ended): void {
    this.tally.end(this, ended)
    const { ending } = this
    const { error } = ending.settle(ended)
    this.inbox.finish(error)
    this.outbox.abandon()
    this.compressor?.close()
    this.heartbeat?.stop()
    this.pings?.fail(ended, error)
    if (ending.isGone || this.lingers) this.deadline?.clear()
    if (!ending.isGone) this.allow(this.lingers ? Math.min(this.closeTimeout, longestLinger) : this.closeTimeout)
    this.stopped = false
    this.watcher?.onClosed()
    ending.tellClosed()
    if (!this.isActive) this.madeInbox?.wake()
  }

  /** What is owed to the end has this long, unless a time is set already. */
  private allow(milliseconds: number): void {
    this.deadline ??= new Deadline(this.startTimer, this)
    this.deadline.set(milliseconds)
  }

  /** The reader had its time with a Close that is held; the peer, with its Close, or with ending TCP. */
  onMissed(): void {
    if (this.state !== "Closed") this.tally.reach("closeTimeout")
    if (this.held !== undefined) return this.readOn()
    if (!this.stopped) this.obeyAll(this.protocol.timeout()) // if not, the peer's Close may be in what is left unread
    this.transport.destroy()
  }
}

/** The peer's Close, by the answer that is held; it answers no pings any more. */
const closeOf = ({ payload }: Order.ControlWrite): CloseFrame.CloseFrame => ({
  code: CloseFrame.codeOf(payload),
  reason: nodeBytes.decode(payload.subarray(2))
})

const ignore = (): void => {}
