/** The parts of the library that others use alone: what they give, as lines. */
import { EventEmitter } from "node:events"
import { Duplex, Writable } from "node:stream"
import * as Digest from "./Digest.ts"
import * as Seen from "./Seen.ts"

type Callback = (...results: ReadonlyArray<unknown>) => void

interface Sender {
  readonly send: (data: unknown, options: object, callback: Callback) => void
  readonly ping: (data: unknown, mask: boolean, callback: Callback) => void
  readonly pong: (data: unknown, mask: boolean, callback: Callback) => void
  readonly close: (code: unknown, reason: unknown, mask: boolean, callback: Callback) => void
}

interface PerMessageDeflate {
  readonly offer: () => object
  readonly accept: (configurations: ReadonlyArray<object>) => object
  readonly compress: (data: Buffer, fin: boolean, callback: Callback) => void
  readonly decompress: (data: Buffer, fin: boolean, callback: Callback) => void
  readonly cleanup: () => void
}

export interface Parts {
  readonly Receiver: new(options?: object) => Writable
  readonly Sender: new(socket: Duplex, extensions?: object, generateMask?: (mask: Buffer) => void) => Sender
  readonly PerMessageDeflate: { new(options?: object): PerMessageDeflate; readonly extensionName: string }
  readonly extension: { readonly parse: (header: string) => object; readonly format: (extensions: object) => string }
  readonly subprotocol: { readonly parse: (header: string) => Set<string> }
}

const print = Seen.make(new Seen.Names())

const show = (value: unknown): string => print(value, [])

/** What a function gives, or throws. */
export const outcome = (action: () => unknown): string => {
  try {
    return show(action())
  } catch (thrown) {
    return `throws ${Digest.error(thrown)}`
  }
}

export const parseExtensions = ({ extension }: Parts, header: string): string =>
  outcome(() => {
    const parsed = extension.parse(header)
    return [parsed, Object.keys(parsed).length, extension.format(parsed)]
  })

export const parseProtocols = ({ subprotocol }: Parts, header: string): string =>
  outcome(() => subprotocol.parse(header))

const events = ["message", "ping", "pong", "conclude", "drain", "error", "finish", "close"]

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** What a Receiver tells of octets that it is written chunk by chunk. */
export const receive = async (
  { Receiver }: Parts,
  options: object,
  chunks: ReadonlyArray<Buffer>
): Promise<ReadonlyArray<string>> => {
  const lines: Array<string> = []
  const receiver = new Receiver(options)
  for (const event of events) receiver.on(event, (...args) => lines.push(`on ${event} ${args.map(show).join(", ")}`))
  for (const chunk of chunks) {
    lines.push(
      `write ${chunk.length} = ${receiver.write(Buffer.from(chunk), (error) => lines.push(`written ${show(error)}`))}`
    )
    await turns(4)
  }
  receiver.end()
  await turns(6)
  return lines
}

export type Command =
  | readonly ["send", data: unknown, options: object]
  | readonly ["ping" | "pong", data: unknown, mask: boolean]
  | readonly ["close", code: unknown, reason: unknown, mask: boolean]

/** What a Sender writes. */
export const send = async ({ Sender }: Parts, commands: ReadonlyArray<Command>): Promise<ReadonlyArray<string>> => {
  const lines: Array<string> = []
  const written: Array<Buffer> = []
  const socket = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk)
      done()
    }
  })
  const sender = new Sender(socket, {}, (mask) => mask.fill(7))
  for (const [i, [method, ...args]] of commands.entries()) {
    const done: Callback = (...results) => lines.push(`callback ${i} ${results.map(show).join(", ")}`)
    lines.push(outcome(() => Reflect.apply(sender[method] as Callback, sender, [...args, done])))
  }
  await turns(6)
  lines.push(`writes ${Buffer.concat(written).toString("hex")}`)
  return lines
}

const compressed = (deflate: PerMessageDeflate, data: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) =>
    deflate.compress(data, true, (error, result) => error ? reject(error as Error) : resolve(result as Buffer))
  )

const inflated = (deflate: PerMessageDeflate, data: Buffer): Promise<string> =>
  new Promise((resolve) => deflate.decompress(data, true, (error, result) => resolve(show(error ?? result))))

/** Parameters as they are parsed. */
const lists = (params: object): object =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [name, [value]]))

/** What two agree on. */
const agree = (server: PerMessageDeflate, client: PerMessageDeflate): ReadonlyArray<object> => {
  const offer = client.offer()
  const accepted = server.accept([lists(offer)])
  return [offer, accepted, client.accept([lists(accepted)])]
}

/** What two agree on, and what becomes of messages between them. */
export const deflate = async (
  { PerMessageDeflate }: Parts,
  ofServer: object,
  ofClient: object,
  messages: ReadonlyArray<Buffer>
): Promise<ReadonlyArray<string>> => {
  const server = new PerMessageDeflate({ ...ofServer, isServer: true, maxPayload: 0 })
  const client = new PerMessageDeflate({ ...ofClient, isServer: false, maxPayload: 3000 })
  const agreed = outcome(() => agree(server, client))
  const lines = [PerMessageDeflate.extensionName, agreed]
  if (agreed.startsWith("throws")) return lines
  for (const message of messages) {
    const data = await compressed(server, message)
    lines.push(`${data.length} octets`, await inflated(client, data))
  }
  server.cleanup()
  client.cleanup()
  return lines
}

const lineOf = ([name, found]: readonly [string, PropertyDescriptor]): string => {
  const { value } = found
  const kind = "value" in found ? typeof value === "number" ? value : typeof value : "accessor"
  const flags = [found.enumerable && "enumerable", found.writable && "writable", found.set && "settable"]
  return [name, kind, ...flags].filter((word) => word !== false && word !== undefined).join(" ")
}

/** Names that start with an underscore are its own affair. */
const membersOf = (thing: object): ReadonlyArray<string> =>
  Object.entries(Object.getOwnPropertyDescriptors(thing)).filter(([name]) => !name.startsWith("_")).map(lineOf)

/** Where Node takes over. */
const nodes = new Set<object>([EventEmitter.prototype, Writable.prototype, Object.prototype])

/** What a class shows to programs, and to classes that are derived from it. */
export const shape = (
  Class: { readonly name: string; readonly length: number; readonly prototype: object }
): ReadonlyArray<string> => {
  const line: Array<object> = []
  for (let at = Class.prototype; !nodes.has(at); at = Object.getPrototypeOf(at)) line.push(at)
  const inherited = line.flatMap(membersOf).map((member) => `.${member}`)
  return [`${Class.name} ${Class.length}`, ...membersOf(Class), ...new Set(inherited)].toSorted()
}
