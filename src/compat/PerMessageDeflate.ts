/**
 * ws's class `PerMessageDeflate`: the negotiation and the compression of one connection.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import type { Buffer } from "node:buffer"
import type * as CompressionOptions from "../connection/CompressionOptions.ts"
import { Turns } from "../connection/Turns.ts"
import * as Bytes from "../protocol/Bytes.ts"
import type * as ProtocolExtension from "../protocol/Extension.ts"
import * as Negotiation from "../protocol/PerMessageDeflate.ts"
import type { Role } from "../protocol/Protocol.ts"
import * as Violation from "../protocol/Violation.ts"
import { nodeBytes } from "../transport/NodeBytes.ts"
import type { Deflater } from "../transport/ZlibDeflater.ts"
import type { Inflater } from "../transport/ZlibInflater.ts"
import * as Errors from "./Errors.ts"
import * as Extension from "./Extension.ts"
import * as Options from "./Options.ts"
import * as Payload from "./Payload.ts"

/**
 * The options: those of the negotiation and of zlib, whose side this is, and how large a message may become. A
 * `maxPayload` of 0 is no limit.
 *
 * @category models
 * @since 0.1.0
 */
export interface DeflateOptions extends Options.PerMessageDeflateOptions {
  readonly isServer?: boolean | undefined
  readonly maxPayload?: number | undefined
}

/**
 * What is offered, or agreed on, by the names of the parameters.
 *
 * @category models
 * @since 0.1.0
 */
export interface Params {
  server_no_context_takeover?: true
  client_no_context_takeover?: true
  server_max_window_bits?: number
  client_max_window_bits?: number | true
}

/**
 * How messages are compressed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Agreement {
  readonly settings: CompressionOptions.Resolved
  readonly params: Negotiation.Params
}

type Callback = (error: Error | null, result?: Buffer) => void

const toParams = (params: ReadonlyArray<ProtocolExtension.Param>): Params =>
  Object.fromEntries(params.map(([name, value]) => [name, value === true ? true : Number(value)]))

const { name } = Negotiation

const closedWhile = (kind: "deflate" | "inflate"): Error =>
  new Error(`The ${kind} stream was closed while data was being processed`)

/**
 * permessage-deflate for one connection, whose messages are passed to it one after the other.
 *
 * **Details**
 *
 * With `fin` false it takes a part of a message. `compress` gives each part's result; `decompress` gives nothing for
 * the parts and everything with the last one, so that the results in a row are the message.
 *
 * **Gotchas**
 *
 * The callbacks are never called before the call returns.
 *
 * @category models
 * @since 0.1.0
 */
export class PerMessageDeflate {
  /** What was agreed on; `null` before that. */
  params: Params | null = null
  private readonly settings: CompressionOptions.Resolved
  private readonly role: Role
  private readonly limit: number
  private agreed: Negotiation.Params | undefined = undefined
  private deflater: Deflater | undefined = undefined
  private inflater: Inflater | undefined = undefined
  private readonly deflating = new Turns()
  private readonly inflating = new Turns()
  /** The parts of a compressed message of which more will come, and how many octets they are. */
  private parts: Array<Uint8Array> = []
  private partsSize = 0

  constructor(options: DeflateOptions = {}) {
    this.settings = Options.compression(options)!
    this.role = options.isServer ? "server" : "client"
    this.limit = options.maxPayload !== undefined && options.maxPayload > 0 ? options.maxPayload : Infinity
  }

  /** The extension's name. */
  static get extensionName(): typeof name {
    return name
  }

  // ---- negotiating ----

  /** What a client offers. */
  offer(): Params {
    return toParams(Negotiation.offer(this.settings.negotiation).params)
  }

  /** Accepts one of a client's offers, or a server's response, and gives what is agreed on. Throws if it cannot. */
  accept(configurations: ReadonlyArray<Extension.Writable>): Params {
    const offers = configurations.map((configuration) => ({ name, params: Extension.toParams(configuration) }))
    this.params = this.role === "server" ? this.acceptOffer(offers) : this.acceptResponse(offers.slice(0, 1))
    return this.params
  }

  private acceptOffer(offers: ReadonlyArray<ProtocolExtension.Extension>): Params {
    const problem = Negotiation.malformed(offers)
    if (problem !== undefined) throw new Error(problem)
    const accepted = Result.getOrThrowWith(Negotiation.accept(offers, this.settings.negotiation), toError)
    if (accepted === undefined) throw new Error("None of the extension offers can be accepted")
    this.agreed = accepted.params
    return toParams(accepted.response.params)
  }

  /** ws insists on nothing that it asked of the server. */
  private acceptResponse(response: ReadonlyArray<ProtocolExtension.Extension>): Params {
    const { clientMaxWindowBits, clientNoContextTakeover } = this.settings.negotiation
    const read = Negotiation.readResponse(response, { clientMaxWindowBits, clientNoContextTakeover })
    const agreed = Result.getOrThrowWith(read, toError)
    if (agreed === undefined) throw new Error("There is no response to accept")
    this.agreed = agreed
    const own: Params = {
      ...(agreed.clientNoContextTakeover ? { client_no_context_takeover: true } : {}),
      ...(agreed.clientMaxWindowBits < 15 ? { client_max_window_bits: agreed.clientMaxWindowBits } : {})
    }
    return { ...toParams(response[0].params), ...own }
  }

  /** How messages are compressed, for a connection that does it in its place; `undefined` if nothing is agreed on. */
  get agreement(): Agreement | undefined {
    return this.agreed && { settings: this.settings, params: this.agreed }
  }

  private direction(of: typeof Negotiation.incoming): Negotiation.Direction {
    if (this.agreed === undefined) throw new Error("Nothing is agreed on: accept() comes first")
    return of(this.agreed, this.role)
  }

  // ---- compressing ----

  /** Whether a message of so many octets is to be compressed: all are that may refer to others. */
  isWorthIt(size: number): boolean {
    const { noContextTakeover } = this.direction(Negotiation.outgoing)
    return !noContextTakeover || size >= this.settings.threshold.alone!
  }

  /** Compresses a message, or with `fin` false a part of one. */
  compress(data: string | ArrayBufferView, fin: boolean, callback: Callback): void {
    const octets = Payload.toOctets(data)
    const deflater = this.deflater ??= this.settings.pool.deflater(
      this.direction(Negotiation.outgoing),
      this.settings.tuning
    )
    const pass = fin ? deflater.deflate : deflater.deflatePart
    const drop = () => callback(closedWhile("deflate"))
    inTurn(this.deflating, drop, (done) => {
      pass.call(deflater, octets, (result) => done(() => callback(null, Payload.asBuffer(result))))
    })
  }

  /** Decompresses a message, or with `fin` false takes a part of one. */
  decompress(data: string | ArrayBufferView, fin: boolean, callback: Callback): void {
    const inflater = this.inflater ??= this.settings.pool.inflater(this.direction(Negotiation.incoming))
    this.keep(Payload.toOctets(data))
    const isTooBig = this.partsSize > this.limit
    if (!fin && !isTooBig) return queueMicrotask(() => callback(null, Payload.empty))
    const payload = isTooBig ? Payload.empty : Bytes.concat(nodeBytes, this.parts, this.partsSize)
    this.forget()
    if (isTooBig) return queueMicrotask(() => callback(Errors.fromViolation(Violation.error("MessageTooBig"))))
    const drop = () => callback(closedWhile("inflate"))
    inTurn(this.inflating, drop, (done) => {
      inflater.inflate(payload, this.limit, (result) => done(() => settle(callback, result)))
    })
  }

  private keep(octets: Uint8Array): void {
    this.parts.push(octets)
    this.partsSize += octets.length
  }

  private forget(): void {
    this.parts = []
    this.partsSize = 0
  }

  /** Frees everything. What is under way is called back with an error. */
  cleanup(): void {
    this.deflater?.close()
    this.inflater?.close()
    this.deflater = this.inflater = undefined
    this.forget()
    this.deflating.abandon()
    this.inflating.abandon()
  }
}

const toError = (message: string): Error => new Error(message)

const settle = (callback: Callback, result: Uint8Array | Violation.ProtocolError): void => {
  if (result instanceof Violation.ProtocolError) callback(Errors.fromViolation(result))
  else callback(null, Payload.asBuffer(result))
}

/** Runs something after what came before, and calls back when both it and the call are over. */
const inTurn = (turns: Turns, drop: () => void, run: (done: (callBack: () => void) => void) => void): void => {
  const begin = () => {
    turns.begin({ size: 0, drop })
    run((callBack) => {
      turns.end()
      queueMicrotask(callBack)
    })
  }
  turns.inOrder({ size: 0, run: begin, drop })
}
