/**
 * The events of a WebSocket as a browser has them, on top of those of a Node `EventEmitter`.
 *
 * @since 0.1.0
 */
import type { Buffer } from "node:buffer"
import { EventEmitter } from "node:events"
import type { inspect, InspectOptions } from "node:util"

/** What `util.inspect` looks for; to import it costs 4 ms and 200 KiB. */
const inspected: unique symbol = Symbol.for("nodejs.util.inspect.custom")

/**
 * What a message event carries: text as a string, a binary message as `binaryType` says.
 *
 * @category models
 * @since 0.1.0
 */
export type Data = string | Buffer | ArrayBuffer | Array<Buffer>

/**
 * An event without anything of its own. Its properties are read-only and belong to the prototype.
 *
 * @category events
 * @since 0.1.0
 */
export class Event<Target = unknown> {
  readonly #type: string
  readonly #target: Target | null

  constructor(type: string, target: Target | null = null) {
    this.#type = type
    this.#target = target
  }

  get target(): Target {
    return this.#target as Target // null only if it was not dispatched
  }

  get type(): string {
    return this.#type
  }

  /** Shows what `console.log` would not see. */
  [inspected](_depth: number, options: InspectOptions, show: typeof inspect): string {
    const shown: Record<string, unknown> = {}
    for (const name in this) shown[name] = this[name]
    return `${this.constructor.name} ${show(shown, options)}`
  }
}

/**
 * A message has come.
 *
 * @category events
 * @since 0.1.0
 */
export class MessageEvent<Target = unknown> extends Event<Target> {
  readonly #data: Data | null

  constructor(type: string, { data = null }: { readonly data?: Data | null } = {}, target: Target | null = null) {
    super(type, target)
    this.#data = data
  }

  get data(): Data {
    return this.#data as Data
  }
}

interface CloseInit {
  readonly code?: number
  readonly reason?: string
  readonly wasClean?: boolean
}

/**
 * The connection is closed. It was clean if both sides had sent a Close.
 *
 * @category events
 * @since 0.1.0
 */
export class CloseEvent<Target = unknown> extends Event<Target> {
  readonly #init: Required<CloseInit>

  constructor(
    type: string,
    { code = 0, reason = "", wasClean = false }: CloseInit = {},
    target: Target | null = null
  ) {
    super(type, target)
    this.#init = { code, reason, wasClean }
  }

  get code(): number {
    return this.#init.code
  }

  get reason(): string {
    return this.#init.reason
  }

  get wasClean(): boolean {
    return this.#init.wasClean
  }
}

interface ErrorInit {
  readonly error?: Error | null
  readonly message?: string
}

/**
 * Something went wrong.
 *
 * @category events
 * @since 0.1.0
 */
export class ErrorEvent<Target = unknown> extends Event<Target> {
  readonly #error: Error | null
  readonly #message: string

  constructor(type: string, { error = null, message = "" }: ErrorInit = {}, target: Target | null = null) {
    super(type, target)
    this.#error = error
    this.#message = message
  }

  get error(): Error {
    return this.#error as Error
  }

  get message(): string {
    return this.#message
  }
}

/** An event's properties without its class, so that code which is written for the types of ws fits. */
type Seen<E> = { readonly [Name in keyof E as Name extends string ? Name : never]: E[Name] }

/**
 * The events that a listener can be added for.
 *
 * @category models
 * @since 0.1.0
 */
export interface EventMap<Target> {
  readonly open: Seen<Event<Target>>
  readonly message: Seen<MessageEvent<Target>>
  readonly close: Seen<CloseEvent<Target>>
  readonly error: Seen<ErrorEvent<Target>>
}

/**
 * A function, or an object with a method for it.
 *
 * @category models
 * @since 0.1.0
 */
export type Handler<E> = ((event: E) => void) | { handleEvent(event: E): void }

type Type = keyof EventMap<unknown>
type Attribute<Target, K extends Type> = ((event: EventMap<Target>[K]) => void) | null
type Listener = (...args: Array<unknown>) => void

/** How each event is made of what is emitted. */
const makers = {
  open: (target: WebSocketEvents) => new Event("open", target),
  message: (target: WebSocketEvents, data: Exclude<Data, string>, isBinary: boolean) =>
    new MessageEvent("message", { data: isBinary ? data : data.toString() }, target),
  close: (target: WebSocketEvents, code: number, reason: Buffer) => {
    const wasClean = target._closeFrameReceived && target._closeFrameSent
    return new CloseEvent("close", { code, reason: reason.toString(), wasClean }, target)
  },
  error: (target: WebSocketEvents, error: Error) => new ErrorEvent("error", { error, message: error.message }, target)
} as const satisfies Record<Type, unknown>

const isType = (type: string): type is Type => Object.hasOwn(makers, type)

/** What an emitter's listener was made of. */
class Origin {
  readonly handler: Handler<never>
  /** Whether it was set as `onopen` and the like. */
  readonly isAttribute: boolean

  constructor(handler: Handler<never>, isAttribute: boolean) {
    this.handler = handler
    this.isAttribute = isAttribute
  }
}

const originOf = (listener: unknown): Origin | undefined => {
  const { origin } = listener as { readonly origin?: unknown }
  return origin instanceof Origin ? origin : undefined
}

const listenerFor = (self: WebSocketEvents, type: Type, origin: Origin): Listener => {
  const make = makers[type] as (self: WebSocketEvents, ...args: ReadonlyArray<unknown>) => never
  const handler = origin.handler
  const listener: Listener = (...args) => {
    const event = make(self, ...args)
    if (typeof handler === "object" && handler.handleEvent) handler.handleEvent(event)
    else (handler as (event: never) => void).call(self, event)
  }
  return Object.assign(listener, { origin })
}

const find = (self: EventEmitter, type: string, matches: (origin: Origin) => boolean): Listener | undefined =>
  self.listeners(type).find((listener) => {
    const origin = originOf(listener)
    return origin !== undefined && matches(origin)
  }) as Listener | undefined

const attributeKey: unique symbol = Symbol("effect-ws/attribute")
const asAttribute = { [attributeKey]: true }

interface ListenerOptions {
  readonly once?: boolean | undefined
  readonly [attributeKey]?: boolean | undefined
}

const isAttribute = (origin: Origin): boolean => origin.isAttribute

const isAddedFor = (handler: unknown) => (origin: Origin): boolean => !origin.isAttribute && origin.handler === handler

const getAttribute = (self: WebSocketEvents, type: Type): never =>
  (originOf(find(self, type, isAttribute) ?? {})?.handler ?? null) as never

/** Added as others are: a subclass may have a method of its own for that. */
const setAttribute = (self: WebSocketEvents, type: Type, handler: Handler<never> | null): void => {
  remove(self, type, find(self, type, isAttribute))
  if (typeof handler === "function") self.addEventListener(type, handler as Handler<unknown>, asAttribute)
}

const remove = (self: EventEmitter, type: string, listener: Listener | undefined): void => {
  if (listener !== undefined) self.removeListener(type, listener)
}

/** A table of listeners as Node has it, which inherits nothing; Node's own takes 144 octets more of each emitter. */
const Listeners = function() {} as unknown as new() => object
Listeners.prototype = Object.create(null)

/**
 * An `EventEmitter` that takes listeners as a browser's `WebSocket` does.
 *
 * **Details**
 *
 * They are listeners of the emitter: `listenerCount` counts them, and `emit` reaches them. Whoever extends the class
 * emits `open`; `message` with the data and whether it is binary; `close` with the code and the reason as a Buffer;
 * and `error` with the error.
 *
 * @category models
 * @since 0.1.0
 */
export abstract class WebSocketEvents extends EventEmitter {
  constructor() {
    super()
    ;(this as { _events?: object })._events = new Listeners()
  }

  /** Whether the peer's Close has come. */
  abstract readonly _closeFrameReceived: boolean
  /** Whether a Close was sent. */
  abstract readonly _closeFrameSent: boolean

  get onopen(): Attribute<this, "open"> {
    return getAttribute(this, "open")
  }

  set onopen(handler: Attribute<this, "open">) {
    setAttribute(this, "open", handler)
  }

  get onmessage(): Attribute<this, "message"> {
    return getAttribute(this, "message")
  }

  set onmessage(handler: Attribute<this, "message">) {
    setAttribute(this, "message", handler)
  }

  get onclose(): Attribute<this, "close"> {
    return getAttribute(this, "close")
  }

  set onclose(handler: Attribute<this, "close">) {
    setAttribute(this, "close", handler)
  }

  get onerror(): Attribute<this, "error"> {
    return getAttribute(this, "error")
  }

  set onerror(handler: Attribute<this, "error">) {
    setAttribute(this, "error", handler)
  }

  /** Adds a listener, if it is not there already and the type is one of the four. */
  addEventListener<K extends Type>(
    type: K,
    listener: Handler<EventMap<this>[K]>,
    options?: ListenerOptions | null
  ): void {
    const isSet = options?.[attributeKey] === true
    if (!isType(type) || (!isSet && find(this, type, isAddedFor(listener)) !== undefined)) return
    const own = listenerFor(this, type, new Origin(listener, isSet))
    if (options?.once) this.once(type, own)
    else this.on(type, own)
  }

  /** Removes a listener that was added with `addEventListener`. */
  removeEventListener<K extends Type>(type: K, listener: Handler<EventMap<this>[K]>): void {
    remove(this, type, find(this, type, isAddedFor(listener)))
  }
}

/** Own properties of a class are not enumerable by default; `ws` has these so. */
const enumerate = (prototype: object, ...names: ReadonlyArray<string>): void => {
  for (const name of names) Object.defineProperty(prototype, name, { enumerable: true })
}

enumerate(Event.prototype, "target", "type")
enumerate(MessageEvent.prototype, "data")
enumerate(CloseEvent.prototype, "code", "reason", "wasClean")
enumerate(ErrorEvent.prototype, "error", "message")
enumerate(WebSocketEvents.prototype, "onopen", "onmessage", "onclose", "onerror")
enumerate(WebSocketEvents.prototype, "addEventListener", "removeEventListener")
