/**
 * What is between the two sides: it passes on nothing by itself, but in rounds, when all else is calm. So it does not
 * matter how fast anyone is, and what happens at both sides at once happens so each time. It can hold things back, and
 * cut them up.
 */
import { once } from "node:events"
import * as net from "node:net"
import * as tls from "node:tls"
import * as Certificate from "../../server/Certificate.ts"
import type { Journal, Side } from "./Journal.ts"
import * as Wire from "./Wire.ts"

/** More at once may come in several pieces, sometimes. */
const most = 32_768

/** One way of a connection. */
class Lane {
  private pending: Array<Buffer> = []
  private ends: "no" | "ended" | "reset" | "passed on" = "no"
  private readonly news: Array<string> = []
  private readonly from: net.Socket
  private readonly to: net.Socket
  private readonly wire: Wire.Wire
  private readonly note: (line: string) => void

  constructor(from: net.Socket, to: net.Socket, wire: Wire.Wire, note: (line: string) => void) {
    this.from = from
    this.to = to
    this.wire = wire
    this.note = note
    from.on("data", (chunk) => {
      this.pending.push(chunk)
      wire.push(chunk)
    })
    from.on("end", () => this.end("ended"))
    from.on("error", () => this.end("reset"))
  }

  private end(how: "ended" | "reset"): void {
    if (this.ends === how || this.to.destroyed) return
    this.ends = how
    this.news.push(how === "ended" ? "ends its side" : "resets")
  }

  /** Tells what came. */
  flush(): void {
    this.wire.flush()
    for (const line of this.news.splice(0)) this.note(line)
  }

  private write(size: number): void {
    const all = this.pending.length === 1 ? this.pending[0] : Buffer.concat(this.pending)
    const length = Math.min(most, Math.max(size, all.length >> 4))
    this.to.write(all.subarray(0, length))
    this.pending = length < all.length ? [all.subarray(length)] : []
  }

  /** Passes on the next thing, and says whether there was one. */
  deliver(size: number): boolean {
    if (this.to.destroyed) return false
    if (this.pending.length > 0) this.write(size)
    else if (this.ends === "ended" || this.ends === "reset") this.finish(this.ends)
    else return false
    return true
  }

  private finish(how: "ended" | "reset"): void {
    this.ends = "passed on"
    if (how === "ended") this.to.end()
    else this.to.resetAndDestroy()
  }

  stall(): void {
    this.from.pause()
  }

  flow(): void {
    this.from.resume()
  }
}

export interface Options {
  readonly journal: Journal
  /** Sides of which nothing is to be noted. */
  readonly mute: ReadonlySet<Side>
  readonly keepMask: boolean
  readonly secure: boolean
  /** Where the server is. */
  readonly target: () => number
}

export class Network {
  private readonly options: Options
  private readonly lanes: Array<readonly [Lane, Lane]> = []
  private readonly listener: net.Server
  private isHeld = false
  private size = Infinity

  private constructor(options: Options) {
    this.options = options
    const join = (near: net.Socket): void => this.join(near)
    this.listener = options.secure
      ? tls.createServer({ ...Certificate.identity, allowHalfOpen: true, noDelay: true }, join)
      : net.createServer({ allowHalfOpen: true, noDelay: true }, join)
  }

  static async make(options: Options): Promise<Network> {
    const network = new Network(options)
    network.listener.listen(0, "127.0.0.1")
    await once(network.listener, "listening")
    return network
  }

  get port(): number {
    return (this.listener.address() as net.AddressInfo).port
  }

  get isSecure(): boolean {
    return this.options.secure
  }

  /** Only says that it is to be made so. */
  secure(): void {}

  private wire(side: Side, connection: Wire.Connection): readonly [Wire.Wire, (line: string) => void] {
    const { journal, keepMask, mute } = this.options
    const prefix = this.lanes.length === 0 ? "" : `connection ${this.lanes.length + 1} `
    const note = (line: string): void => {
      if (!mute.has(side)) journal.noteLast(side, prefix + line)
    }
    return [new Wire.Wire({ connection, keepMask, note }), note]
  }

  private join(near: net.Socket): void {
    const connection: Wire.Connection = { key: undefined }
    const far = net.connect({ port: this.options.target(), host: "127.0.0.1", allowHalfOpen: true, noDelay: true })
    const there = new Lane(near, far, ...this.wire("client", connection))
    const back = new Lane(far, near, ...this.wire("server", connection))
    this.lanes.push([there, back])
  }

  /** Passes on what there is next, and says whether there was anything. */
  deliver(): boolean {
    if (this.isHeld) return false
    return this.lanes.some(([there, back]) => [there.deliver(this.size), back.deliver(this.size)].includes(true))
  }

  flush(): void {
    for (const lane of this.lanes.flat()) lane.flush()
  }

  hold(): void {
    this.isHeld = true
  }

  release(): void {
    this.isHeld = false
  }

  /** Takes nothing more from either side, so that both have to wait. */
  stall(): void {
    for (const lane of this.lanes.flat()) lane.stall()
  }

  flow(): void {
    for (const lane of this.lanes.flat()) lane.flow()
  }

  /** Passes on so many octets at once, or some more where there are many. */
  cut(size: number): void {
    this.size = size
  }

  close(): void {
    this.listener.close()
  }
}
