/** What the load is told, and what it says. */
import { type Language, Program } from "./program.ts"

/** Of an order that was carried out: times in seconds, latencies in microseconds. */
export interface Outcome {
  readonly elapsed: number
  readonly cpu: number
  /** That came back; or that were sent, where none come back. */
  readonly messages: number
  /** That were sent, and those of the payloads that came back. */
  readonly octets: number
  readonly received: number
  readonly p50: number
  readonly p99: number
}

export type Verb = "open" | "close" | "exchange" | "ingest" | "stall" | "handshakes"

type Words = Readonly<Record<string, string | number | boolean>>

export class Load {
  private readonly program: Program

  constructor(language: Language) {
    this.program = new Program("load", language)
  }

  order(verb: Verb, words: Words = {}): Promise<Outcome> {
    const pairs = Object.entries(words).map(([name, value]) => `${name}=${typeof value === "boolean" ? +value : value}`)
    this.program.say([verb, ...pairs].join(" "))
    return this.program.hear()
  }

  stop(): void {
    this.program.stop()
  }
}
