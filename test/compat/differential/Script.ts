/**
 * What is played: plain data, so that it can be generated, printed and played again.
 *
 * A script is a list of steps. A step is an actor and what it is told, all in one go: `["client", ["send", "a"], ["close"]]`.
 * Once everything is calm, the next step follows. What is no plain data is written `{ is: "Buffer", text: "a" }`: see
 * `Material.ts`.
 */
export type Value = null | boolean | number | string | ReadonlyArray<Value> | { readonly [name: string]: Value }

/** A method and its arguments. */
export type Call = readonly [method: string, ...args: ReadonlyArray<Value>]

/** `client`, `server` (the server's end of it), `client2` ..., `wss`, `http`, `raw`, `network`, `await`. */
export type Step = readonly [actor: string, ...calls: ReadonlyArray<Call>]

export interface Script {
  readonly name: string
  readonly steps: ReadonlyArray<Step>
  /** A server alone: usually a client is made, too, if no step makes one. */
  readonly clientless?: true
}

export const script = (name: string, ...steps: ReadonlyArray<Step>): Script => ({ name, steps })

export const clientless = (name: string, ...steps: ReadonlyArray<Step>): Script => ({ name, steps, clientless: true })

export const step = (actor: string, calls: ReadonlyArray<Call>): Step => [actor, ...calls]

const to = (actor: string) => (...calls: ReadonlyArray<Call>): Step => step(actor, calls)

export const client = to("client")
export const client2 = to("client2")
export const server = to("server")
export const server2 = to("server2")
export const wss = to("wss")
export const wss2 = to("wss2")
export const http = to("http")
export const raw = to("raw")
export const network = to("network")
export const clientStream = to("clientStream")
export const serverStream = to("serverStream")

/** Goes on when an actor has had so many of an event. */
export const until = (actor: string, event: string, count = 1): Step => ["await", [actor, event, count]]

/** Starts the server with options. */
export const serve = (options: Value, ...calls: ReadonlyArray<Call>): Step => wss(["new", options], ...calls)

/** Makes the client. */
export const dial = (path: Value, protocols: Value, options: Value, ...calls: ReadonlyArray<Call>): Step =>
  client(["new", path, protocols, options], ...calls)

/** A callback that is recorded, and takes steps when it is called. */
export const callback = (...steps: ReadonlyArray<Step>): Value => ({ is: "callback", steps })

/** One that does nothing more. */
export const cb: Value = { is: "callback" }

/** A listener that is recorded, and takes steps when it is called. */
export const listener = (name: string, ...steps: ReadonlyArray<Step>): Value => ({ is: "listener", name, steps })

/** The same as an object. */
export const handler = (name: string, ...steps: ReadonlyArray<Step>): Value => ({
  is: "listener",
  name,
  steps,
  handleEvent: true
})

export const nothing: Value = { is: "undefined" }
export const buffer = (text: string): Value => ({ is: "Buffer", text })
export const octets = (hex: string): Value => ({ is: "Buffer", hex })
export const large = (is: string, size: number): Value => ({ is, size })

const isRecord = (value: Value): value is { readonly [name: string]: Value } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const showRecord = (value: { readonly [name: string]: Value }): string => {
  const { is, ...rest } = value
  if (is === undefined) return `{${Object.entries(value).map(([name, item]) => `${name}: ${show(item)}`).join(", ")}}`
  const shown = Object.entries(rest).filter(([, item]) => !(Array.isArray(item) && item.length === 0)).map((
    [name, item]
  ) => name === "steps" ? `then: ${(item as unknown as ReadonlyArray<Step>).map(showStep).join("; ")}` : show(item))
  return shown.length === 0 ? `<${String(is)}>` : `<${String(is)} ${shown.join(" ")}>`
}

const longest = 64

const shorten = (text: string): string =>
  text.length <= longest ? text : `${text.slice(0, longest)}... (${text.length})`

/** A value as one reads it best. */
export const show = (value: Value): string => {
  if (typeof value === "string") return JSON.stringify(shorten(value))
  if (isRecord(value)) return showRecord(value)
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`
  return JSON.stringify(value)
}

export const showCall = ([method, ...args]: Call): string => `${method}(${args.map(show).join(", ")})`

export const showStep = ([actor, ...calls]: Step): string => `${actor}.${calls.map(showCall).join(".")}`

/** Whether any step tells this actor to do this. */
export const asks = ({ steps }: Script, actor: string, method: string): boolean =>
  steps.some(([who, ...calls]) => who === actor && calls.some(([name]) => name === method))
