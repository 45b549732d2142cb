/**
 * The protocol of one connection: bytes, commands and timeouts go in, orders come out. It opens no socket, starts no
 * timer and never throws.
 *
 * @since 0.1.0
 */
import * as CloseFrame from "./CloseFrame.ts"
import * as CloseHandshake from "./CloseHandshake.ts"
import type { Frame } from "./Frame.ts"
import type { Intake, Recipient } from "./Intake.ts"
import type * as Limits from "./Limits.ts"
import { isMessage, type Message } from "./Message.ts"
import type * as MessageAssembler from "./MessageAssembler.ts"
import * as Opcode from "./Opcode.ts"
import * as Order from "./Order.ts"
import * as Settings from "./Settings.ts"
import * as Violation from "./Violation.ts"

/**
 * Which end of the connection this is. A client masks what it sends (RFC 6455 §5.1).
 *
 * @category models
 * @since 0.1.0
 */
export type Role = Settings.Role

/**
 * An output: a message to deliver, which stands for itself, or an order. If octets were asked for, a text comes as octets
 * too: see `isText`.
 *
 * @category models
 * @since 0.1.0
 */
export type Output = Message | Order.Order

/**
 * Everything that a protocol has to know beforehand.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Settings.Options {
  /** Whether texts are given as octets, undecoded. Default false. */
  readonly asOctets?: boolean | undefined
  /** Whether pings are answered (RFC 6455 §5.5.2). Default true. */
  readonly autoPong?: boolean | undefined
}

const normal: CloseFrame.CloseFrame = { code: 1005, reason: "" }
const noOrders: ReadonlyArray<Order.Order> = []

/**
 * The protocol of one connection.
 *
 * **Details**
 *
 * `push` takes bytes, which belong to the protocol from then on; `next` gives the outputs one by one, until `undefined`.
 * Messages before a violation are delivered first. After a Close or a violation, whatever else arrives is discarded
 * (RFC 6455 §1.4, §7.1.7). The other inputs give their orders at once, and do not touch bytes that wait in `next`.
 *
 * **Example** (Receiving the RFC's "Hello" and a ping)
 *
 * ```ts
 * import { Protocol } from "effect-ws/protocol"
 *
 * const protocol = new Protocol.Protocol({ role: "client" })
 * protocol.push(Buffer.from("810548656c6c6f8900", "hex"))
 * protocol.next() // => "Hello"
 * protocol.next() // => { _tag: "Ping", payload: new Uint8Array(0) }
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export class Protocol {
  private readonly settings: Settings.Settings
  private autoPong: boolean
  private asOctets: boolean
  private keepsFragments = false
  /** What reads, while something is half there. */
  private intake: Intake | undefined = undefined
  /** Orders that wait their turn in `next`. */
  private orders: Array<Order.Order> | undefined = undefined
  private ended = false
  /** Whether data frames are given as they come, instead of messages. */
  private frames = false
  private inflating: MessageAssembler.Compressed | undefined = undefined
  private inflatedOutput: Output | Violation.ProtocolError | undefined = undefined
  /** Whether the transport takes pongs; if not, the latest ping waits for one. */
  private writable = true
  private pendingPong: Uint8Array | undefined = undefined
  private pendingPings = 0
  state: CloseHandshake.State = "Open"

  constructor(options: Options) {
    this.settings = Settings.of(options)
    this.autoPong = options.autoPong ?? true
    this.asOctets = options.asOctets ?? false
  }

  get role(): Role {
    return this.settings.role
  }

  get limits(): Limits.Limits {
    return this.settings.limits
  }

  // ---- bytes in ----

  /** Adds bytes, which belong to the protocol from now on. */
  push(chunk: Uint8Array): void {
    if (this.receives()) this.borrowed().decoder.push(chunk)
  }

  /**
   * The first `length` octets are what is pushed next, and may be changed until then: so they need not be copied twice. Gives
   * how many of them need not be pushed, for they are texts that the recipient has.
   */
  prepare(memory: Uint8Array, length: number, recipient: Recipient): number {
    if (!this.receives()) return 0
    const intake = this.borrowed()
    intake.decoder.prepare(memory, length)
    return this.frames || !this.isReady() ? 0 : intake.texts(memory, recipient)
  }

  /** What reads for this connection, and has nothing of another one's. */
  private borrowed(): Intake {
    if (this.intake !== undefined) return this.intake
    const intake = this.settings.lend()
    intake.assembler.asOctets = this.asOctets
    intake.assembler.keepsFragments = this.keepsFragments
    return this.intake = intake
  }

  /**
   * Memory for the bytes that come next, if a large message is under way: reading into it, and pushing just what was read
   * there, saves a copy. It stays the protocol's.
   */
  room(): Uint8Array | undefined {
    const { frames, intake } = this
    if (intake === undefined || frames || !intake.decoder.isDry) return undefined
    return intake.assembler.room(intake.decoder.missing)
  }

  /**
   * Gives the messages ahead that are a frame each, as most are, with the least effort. True if the recipient stopped it;
   * else what comes next is for `next`, which would have given these messages, too.
   */
  each(recipient: Recipient): boolean {
    const { intake } = this
    if (intake === undefined || this.frames || !this.isReady()) return false
    return intake.each(recipient)
  }

  private isReady(): boolean {
    const nothingWaits = this.orders === undefined && this.inflatedOutput === undefined && this.inflating === undefined
    return nothingWaits && this.receives()
  }

  /** The next output, or `undefined`: for want of bytes, or while an `Inflate` is under way. */
  next(): Output | undefined {
    if (this.orders !== undefined) return this.nextOrder()
    if (this.inflatedOutput !== undefined) return this.takeInflated()
    while (this.receives() && this.inflating === undefined) {
      const frame = this.intake?.decoder.next()
      if (frame === undefined) return this.pause()
      const output = frame instanceof Violation.ProtocolError ? this.violate(frame) : this.receive(frame)
      if (output !== undefined) return output
    }
    return this.ended && !this.receives() ? this.finish() : undefined
  }

  /** Whether the message that came last is a text. */
  get isText(): boolean {
    return this.intake?.assembler.text === true
  }

  /** The payload of each frame of the message that came last, if they are kept apart. */
  get fragments(): ReadonlyArray<Uint8Array> | undefined {
    return this.intake?.assembler.fragments
  }

  /** Nothing is left to be decoded. */
  private pause(): Order.Order | undefined {
    const { intake } = this
    if (intake?.isIdle === true) this.giveBack(intake)
    else intake?.assembler.settle(intake.decoder.missing)
    return this.ended ? this.finish() : undefined
  }

  /** One that is not as all others is nobody else's. */
  private giveBack(intake: Intake): void {
    intake.assembler.reset()
    if (this.frames) return
    this.intake = undefined
    this.settings.takeBack(intake)
  }

  /** Gives texts as octets from now on, and leaves pings to who takes them; or both no more. */
  giveOctets(give: boolean): void {
    this.autoPong = !give
    this.asOctets = give
    if (this.intake !== undefined) this.intake.assembler.asOctets = give
  }

  /** Whether the `fragments` of messages that come as octets are kept apart. */
  keepFragments(keep: boolean): void {
    this.keepsFragments = keep
    if (this.intake !== undefined) this.intake.assembler.keepsFragments = keep
  }

  /** The transport has no more bytes. This is taken into account when all that came before is used up. */
  endOfStream(): void {
    this.ended = true
  }

  /**
   * Asks for data frames as they come, from now on, of messages of any size: nothing is held, but compressed messages,
   * within the limits. What was kept of a message in progress is its first fragment.
   */
  useFrames(): ReadonlyArray<Order.Order> {
    if (this.frames || !this.receives()) return []
    this.frames = true
    const { assembler, decoder } = this.borrowed()
    decoder.liftLimit()
    const frame = assembler.giveUp()
    return frame === undefined ? [] : [{ _tag: "Fragment", frame }]
  }

  private finish(): Order.Order | undefined {
    return this.defer(this.step("EndOfStream", Order.abnormal, undefined))
  }

  private receives(): boolean {
    return this.state === "Open" || this.state === "CloseSent"
  }

  private nextOrder(): Order.Order | undefined {
    const order = this.orders?.shift()
    if (this.orders?.length === 0) this.orders = undefined
    return order
  }

  private receive(frame: Frame): Output | undefined {
    switch (frame.opcode) {
      case Opcode.Continuation:
      case Opcode.Text:
      case Opcode.Binary:
        return this.frames ? this.receiveFragment(frame) : this.receiveData(frame)
      case Opcode.Close:
        return this.receiveClose(frame.payload)
      case Opcode.Ping:
        return this.receivePing(frame.payload)
      case Opcode.Pong:
        return { _tag: "Pong", payload: frame.payload }
    }
  }

  /** A compressed message comes whole, as one frame: its fragments cannot be read alone. */
  private receiveFragment(frame: Frame): Output | undefined {
    const { assembler } = this.borrowed()
    if (frame.rsv1 || assembler.compressed) return this.receiveData(frame)
    const violation = assembler.observe(frame)
    return violation === undefined ? { _tag: "Fragment", frame } : this.violate(violation)
  }

  private receiveData(frame: Frame): Output | undefined {
    const message = this.borrowed().assembler.accept(frame)
    if (message === undefined || isMessage(message)) return message
    if (message instanceof Violation.ProtocolError) return this.violate(message)
    this.inflating = message
    const transient = message.text && !this.frames && !this.asOctets
    return { _tag: "Inflate", payload: message.payload, transient }
  }

  private receiveClose(payload: Uint8Array): Output | undefined {
    const close = CloseFrame.decode(this.settings.bytes, payload, this.settings.validateUtf8)
    if (close instanceof Violation.ProtocolError) return this.violate(close)
    return this.defer(this.step("ReceiveClose", close, undefined))
  }

  private receivePing(payload: Uint8Array): Output | undefined {
    const ping: Order.Order = { _tag: "Ping", payload }
    if (!this.autoPong || this.state !== "Open") return ping
    if (this.writable) return this.defer([ping, { _tag: "Write", opcode: Opcode.Pong, payload }])
    this.pendingPong = new Uint8Array(payload)
    return ++this.pendingPings > this.limits.maxPendingPings ? this.violate(Violation.error("PingFlood")) : ping
  }

  private violate(error: Violation.ProtocolError): Output | undefined {
    return this.defer(this.fail(error))
  }

  /** Keeps all orders but the first for later. */
  private defer(orders: ReadonlyArray<Order.Order>): Order.Order | undefined {
    if (orders.length > 1) this.orders = orders.slice(1)
    return orders[0]
  }

  // ---- inflating ----

  /** The result of an `Inflate`: the bytes of the message, or the rule that they break. `next` gives what comes of it. */
  inflated(result: Uint8Array | Violation.ProtocolError): void {
    const text = this.inflating?.text === true
    this.inflating = undefined
    if (!this.receives()) return
    this.inflatedOutput = result instanceof Violation.ProtocolError ? result : this.readInflated(text, result)
  }

  private readInflated(text: boolean, payload: Uint8Array): Output | Violation.ProtocolError {
    const message = this.borrowed().assembler.single(text, payload)
    if (!this.frames || message instanceof Violation.ProtocolError) return message
    const opcode = text ? Opcode.Text : Opcode.Binary
    return { _tag: "Fragment", frame: { fin: true, rsv1: false, opcode, payload, whole: true } }
  }

  private takeInflated(): Output | undefined {
    const output = this.inflatedOutput
    this.inflatedOutput = undefined
    return output instanceof Violation.ProtocolError ? this.violate(output) : output
  }

  // ---- commands and events ----

  /** Starts the closing handshake, or does nothing if it has started. Code 1005 sends an empty Close. */
  close(close: CloseFrame.CloseFrame = normal): ReadonlyArray<Order.Order> {
    return this.step("SendClose", close, undefined)
  }

  /** Fails the connection for a broken rule (RFC 6455 §7.1.7). */
  fail(error: Violation.ProtocolError): ReadonlyArray<Order.Order> {
    return this.step("Violation", { code: error.closeCode, reason: this.settings.reasons ? error.message : "" }, error)
  }

  /** Fails the connection for another reason, such as a peer that is silent: the peer gets the Close, and is not waited for. */
  abort(close: CloseFrame.CloseFrame): ReadonlyArray<Order.Order> {
    return this.step("Violation", close, undefined)
  }

  /** The peer took too long with its part of the closing handshake. */
  timeout(): ReadonlyArray<Order.Order> {
    return this.step("Timeout", Order.abnormal, undefined)
  }

  /** The transport takes bytes again, or not for now. The latest ping gets its pong when it does. */
  setWritable(writable: boolean): ReadonlyArray<Order.Order> {
    const payload = this.pendingPong
    this.writable = writable
    if (!writable || payload === undefined) return []
    this.pendingPong = undefined
    this.pendingPings = 0
    return this.state === "Open" ? [{ _tag: "Write", opcode: Opcode.Pong, payload }] : []
  }

  private step(
    input: CloseHandshake.Input,
    close: CloseFrame.CloseFrame,
    error: Violation.ProtocolError | undefined
  ): ReadonlyArray<Order.Order> {
    const { actions, state } = CloseHandshake.transitions[this.state][input]
    this.state = state
    if (!this.receives()) this.discard()
    return actions.length === 0 ? noOrders : this.behindWaiting(this.ordersFor(actions, close, error))
  }

  private ordersFor(
    actions: ReadonlyArray<CloseHandshake.Action>,
    close: CloseFrame.CloseFrame,
    error: Violation.ProtocolError | undefined
  ): ReadonlyArray<Order.Order> {
    const due = this.endsTcp() ? actions : actions.filter((action) => action !== "endWrite")
    return due.map((action) => Order.ofAction(this.settings.bytes, action, close, error))
  }

  private endsTcp(): boolean {
    return this.settings.endsFirst || this.state === "Failing"
  }

  /** What waits in `next` has to be done before. */
  private behindWaiting(orders: ReadonlyArray<Order.Order>): ReadonlyArray<Order.Order> {
    if (this.orders === undefined || orders.length === 0) return orders
    const waiting = this.orders
    this.orders = undefined
    return [...waiting, ...orders]
  }

  /** What is not delivered by now never will be. */
  private discard(): void {
    const { intake } = this
    intake?.decoder.reset()
    if (intake !== undefined) this.giveBack(intake)
    this.inflatedOutput = undefined
  }
}
