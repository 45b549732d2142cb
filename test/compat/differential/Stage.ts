/** Everything that belongs to one play: who is on it, what they are called, and what is noted of them. */
import type { Server as HttpServer } from "node:http"
import type { AddressInfo } from "node:net"
import type { Duplex } from "node:stream"
import type { WebSocket, WebSocketServer } from "ws"
import type { Implementation } from "./Implementation.ts"
import type { Journal, Side } from "./Journal.ts"
import type { Network } from "./Network.ts"
import type { Raw } from "./Raw.ts"
import type { Step } from "./Script.ts"
import * as Seen from "./Seen.ts"

/** Those that calls go to. */
export type Target = WebSocket | WebSocketServer | HttpServer | Duplex | Network

export const sideOf = (actor: string): Side => actor.startsWith("client") ? "client" : "server"

const states = ["CONNECTING", "OPEN", "CLOSING", "CLOSED"]

/** How much the operating system takes is another amount each time. */
const roughly = (amount: number): string => amount > 1_000_000 ? "much" : String(amount)

const isWebSocket = (target: object): target is WebSocket => "readyState" in target && "bufferedAmount" in target

/** What it is like in this moment. */
const stateOf = (target: object | undefined): string => {
  if (target === undefined) return ""
  if ("clients" in target && target.clients instanceof Set) return ` [${target.clients.size} clients]`
  if (!isWebSocket(target)) return ""
  const { bufferedAmount, isPaused, readyState } = target
  const words = [states[readyState], bufferedAmount !== 0 && `buffers ${roughly(bufferedAmount)}`, isPaused && "paused"]
  return ` [${words.filter(Boolean).join(", ")}]`
}

export class Stage {
  readonly journal: Journal
  readonly raw: Raw
  readonly targets = new Map<string, Target>()
  readonly names = new Seen.Names()
  /** Listeners that have a name, so that they can be taken away. */
  readonly listeners = new Map<string, object>()
  /** Events that are not listened to, and those that are though they usually are not. */
  readonly deaf = new Map<string, Array<string>>()
  readonly heard = new Map<string, Array<string>>()
  /** Names of the classes that are to be used instead of the plain ones. */
  readonly classes = new Map<string, string>()
  readonly pending = new Map<number, Side>()
  private readonly implementations: { readonly [side in Side]: Implementation }
  private readonly show: (value: unknown, later: Seen.Later) => string
  private callbacks = 0
  private port: number | undefined
  network!: Network
  /** Takes a step of a listener or callback. */
  take!: (step: Step) => void

  constructor(journal: Journal, raw: Raw, server: Implementation, client: Implementation) {
    this.journal = journal
    this.raw = raw
    this.implementations = { server, client, process: client }
    this.show = Seen.make(this.names)
  }

  implementation(actor: string): Implementation {
    return this.implementations[sideOf(actor)]
  }

  add(name: string, target: Target): void {
    this.targets.set(name, target)
    this.names.give(target, name)
  }

  /** The name of a side's next WebSocket. */
  nextName(base: string): string {
    const count = [...this.targets.keys()].filter((name) => new RegExp(`^${base}\\d*$`).test(name)).length
    return count === 0 ? base : `${base}${count + 1}`
  }

  newCallback(side: Side): number {
    this.pending.set(++this.callbacks, side)
    return this.callbacks
  }

  /** Notes something of an actor, with what it was given. */
  note(actor: string, what: string, values: ReadonlyArray<unknown> = []): void {
    const later: Seen.Later = []
    const side = sideOf(actor)
    const shown = values.map((value) => this.show(value, later)).join(", ")
    const state = stateOf(this.targets.get(actor))
    this.journal.note(side, `${actor} ${what}${values.length === 0 ? "" : ` ${shown}`}${state}`)
    for (const text of later) this.journal.noteWhen(side, text)
  }

  private findPort(): number | undefined {
    if (this.raw.port !== undefined) return this.raw.port
    const target = this.targets.get("http") ?? this.targets.get("wss")
    try {
      return ((target as HttpServer | undefined)?.address() as AddressInfo | null | undefined)?.port
    } catch {
      return undefined
    }
  }

  /** Finds out where the server is, as soon as it is somewhere. */
  locate(): void {
    if (this.port !== undefined) return
    this.port = this.findPort()
    if (this.port !== undefined) this.journal.alias(this.port, "<server's port>")
  }

  /** Where the server is, or else where nobody is. */
  get serverPort(): number {
    return this.port ?? 1
  }
}
