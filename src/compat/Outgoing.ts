/**
 * What a compat WebSocket sends: ws's `send`, `ping` and `pong` as frames in their turn.
 *
 * @since 0.1.0
 */
import { AsyncResource } from "node:async_hooks"
import type { DataFrame, Outbox, Receipt } from "../connection/Outbox.ts"
import * as Opcode from "../protocol/Opcode.ts"
import * as MaskKey from "../transport/MaskKey.ts"
import * as Payload from "./Payload.ts"

/**
 * The options of a message.
 *
 * @category models
 * @since 0.1.0
 */
export interface SendOptions {
  readonly binary: boolean
  readonly compress: boolean
  readonly fin: boolean
  readonly mask: boolean
}

type Callback = ((error?: Error | null) => void) | undefined

/**
 * What a callback throws is an uncaught exception, and the other callbacks are called all the same. Each is called in the
 * context of its own call of `send`, though they are told together.
 */
const receiptOf = (callback: Callback | null): Receipt | undefined => {
  if (!callback) return undefined
  const context = new AsyncResource("effect-ws/compat/send")
  return (error) => {
    try {
      context.runInAsyncScope(callback, undefined, error)
    } catch (defect) {
      process.nextTick(() => {
        throw defect
      })
    }
  }
}

/**
 * For whom it is sent.
 *
 * @category models
 * @since 0.1.0
 */
export interface Owner {
  readonly isServer: boolean
  /** Something cannot be read that was to be sent. */
  onUnreadable(error: Error): void
}

/** What is given counts, even if it is `undefined`. */
const optionsOf = (binary: boolean, masks: boolean, given: Partial<SendOptions> = {}): SendOptions => ({
  binary,
  compress: "compress" in given ? given.compress! : true,
  fin: "fin" in given ? given.fin! : true,
  mask: "mask" in given ? given.mask! : masks
})

const compressing = "data was being compressed"
const reading = "the blob was being read"

/**
 * The sending half of a compat WebSocket.
 *
 * @category models
 * @since 0.1.0
 */
export class Outgoing {
  private readonly outbox: Outbox
  private readonly owner: Owner
  /** Whether messages are compressed, and frames masked, if nothing else is said. */
  private readonly compresses: boolean
  private readonly masks: boolean
  /** Whether the next frame is a message's first; if not, whether the message is compressed. */
  private isFirst = true
  private isCompressed = false
  /** What takes its time, if something does. */
  private activity = compressing
  /** The callbacks of what will not be sent any more. */
  private dropped: Array<() => void> | undefined = undefined
  /** Why nothing is sent any more, if it is not the socket. */
  private failure: Error | undefined = undefined

  constructor(outbox: Outbox, owner: Owner) {
    this.outbox = outbox
    this.owner = owner
    this.compresses = outbox.compressor !== undefined
    this.masks = !owner.isServer
  }

  /** Sends a message or, with `fin: false`, a part of one. It is a text if `isText` says so, and no option. */
  message(data: unknown, isText: boolean, given: Partial<SendOptions> | undefined, callback: Callback): void {
    const receipt = receiptOf(callback)
    const binary = given !== undefined && "binary" in given ? given.binary! : !isText
    if (this.isPlain(given)) {
      if (data instanceof Uint8Array) return this.outbox.octets(binary ? Opcode.Binary : Opcode.Text, data, receipt)
      if (typeof data === "string" && !binary) return this.outbox.whole(data, receipt)
    }
    const options = optionsOf(binary, this.masks, given)
    if (Payload.isBlob(data)) return this.blob(data, this.frameOf(options, data.size), receipt)
    const payload = Payload.toOctets(data)
    this.data({ ...this.frameOf(options, payload.length), payload }, receipt)
  }

  /** Sends a ping or pong. */
  control(opcode: Opcode.Control, data: unknown, mask: boolean, callback: Callback): void {
    const receipt = receiptOf(callback)
    const write = (payload: Uint8Array) => this.outbox.control(opcode, payload, this.keyFor(mask), receipt)
    const octets = Payload.isBlob(data) ? undefined : Payload.toOctets(data)
    const size = octets?.length ?? (data as Blob).size
    if (size > 125) throw new RangeError("The data size must not be greater than 125 bytes")
    if (octets === undefined) return this.read(data as Blob, receipt, write)
    if (this.outbox.isFree) write(octets)
    else this.outbox.turns.inOrder({ size, run: () => write(octets), drop: this.dropOf(receipt) })
  }

  /** Sends bytes that are framed already. */
  sendFrame(list: ReadonlyArray<Uint8Array>, callback?: Callback): void {
    const receipt = receiptOf(callback)
    list.forEach((bytes, i) => this.outbox.framed(bytes, i === list.length - 1 ? receipt : undefined))
  }

  /**
   * Calls the callbacks of what was dropped, when the socket is closed: it has told of what was sent before by then, also
   * if it could take nothing more when the connection ended.
   */
  settle(): void {
    const { dropped = [] } = this
    this.dropped = undefined
    for (const fail of dropped) fail()
  }

  /** Whether it is a whole message with nothing special, and its turn: most are. */
  private isPlain(given: Partial<SendOptions> | undefined): boolean {
    const { compresses, masks } = this
    if (!this.isFirst || !this.outbox.isFree) return false
    if (given === undefined) return !compresses
    const isWhole = !("fin" in given) || given.fin
    const isMasked = "mask" in given ? given.mask : masks
    return isWhole && !isMasked === !masks && !(compresses && (!("compress" in given) || given.compress))
  }

  private data(frame: DataFrame, receipt: Receipt | undefined): void {
    const drop = this.dropOf(receipt)
    const run = () => {
      this.activity = compressing
      this.outbox.data(frame, receipt, drop)
    }
    if (this.outbox.isFree) run()
    else this.outbox.turns.inOrder({ size: frame.payload.length, run, drop })
  }

  private blob(blob: Blob, frame: Omit<DataFrame, "payload">, receipt: Receipt | undefined): void {
    const drop = this.dropOf(receipt)
    this.read(blob, receipt, (payload) => {
      this.activity = compressing
      this.outbox.data({ ...frame, payload }, receipt, drop)
    })
  }

  /** Reads a Blob in its turn; others wait. */
  private read(blob: Blob, receipt: Receipt | undefined, write: (payload: Uint8Array) => void): void {
    const { outbox } = this
    const drop = this.dropOf(receipt)
    const run = () => {
      this.activity = reading
      outbox.turns.begin({ size: blob.size, drop })
      blob.arrayBuffer().then(
        (buffer) => outbox.isBroken ? outbox.abandon() : outbox.turns.end(() => write(new Uint8Array(buffer))),
        (error: Error) => this.fail(error)
      )
    }
    outbox.turns.inOrder({ size: blob.size, run, drop })
  }

  /** What is behind a Blob that cannot be read goes out no more. */
  private fail(error: Error): void {
    this.failure = error
    this.outbox.abandon()
    this.settle()
    this.owner.onUnreadable(error)
  }

  private dropOf(receipt: Receipt | undefined): () => void {
    return () => {
      const fail = () => receipt?.(this.failure ?? new Error(`The socket was closed while ${this.activity}`))
      ;(this.dropped ??= []).push(fail)
    }
  }

  /** The place of a frame in its message. */
  private frameOf({ binary, compress, fin, mask }: SendOptions, size: number): Omit<DataFrame, "payload"> {
    const { isFirst } = this
    if (isFirst) this.isCompressed = compress && this.outbox.compressor?.wants(size) === true
    this.isFirst = fin
    const opcode = isFirst ? binary ? Opcode.Binary : Opcode.Text : Opcode.Continuation
    return { fin, opcode, compress: this.isCompressed, key: this.keyFor(mask) }
  }

  private keyFor(mask: boolean): DataFrame["key"] {
    if (mask) return this.owner.isServer ? MaskKey.next() : undefined
    return this.owner.isServer ? undefined : "None"
  }
}
