/** What a socket receives, kept until the tester asks for it. */
import type { Socket } from "node:net"
import { setImmediate as tick } from "node:timers/promises"
import * as Frames from "./Frames.ts"

/** How long to wait for a frame: longer than any takes, and shorter than the library's `closeTimeout`. */
const patience = 5000

/** How long to wait for the end of TCP: shorter than the second after which the library drops a peer that lingers. */
const patienceAtEnd = 800

export class Inlet {
  /** `Ended` if the peer ended its side in order, `Reset` if the connection broke. */
  state: "Open" | "Ended" | "Reset" = "Open"
  private readonly masked: boolean
  private chunks: Array<Buffer>
  private size: number
  private gone = false
  private wake: () => void = () => {}

  constructor(socket: Socket, head: Buffer, masked: boolean) {
    this.masked = masked
    this.chunks = [head]
    this.size = head.length
    socket.on("data", (chunk) => {
      this.chunks.push(chunk)
      this.size += chunk.length
      this.wake()
    })
    socket.on("end", () => this.become(this.state === "Open" ? "Ended" : this.state))
    socket.on("error", () => this.become("Reset"))
    socket.on("close", () => {
      this.gone = true
      this.become(this.state === "Open" ? "Reset" : this.state)
    })
  }

  /** Octets that no frame was made of. */
  get left(): number {
    return this.size
  }

  /** The next frame, or `undefined` at the end of the stream. */
  async next(bound = patience): Promise<Frames.Frame | undefined> {
    for (let wanted = 2;;) {
      while (this.size < wanted && this.state === "Open") await this.more(bound)
      const decoded = Frames.decode(this.join(), this.masked)
      if (decoded !== undefined) {
        this.keep(decoded[1])
        return decoded[0]
      }
      if (this.state !== "Open") return undefined
      wanted = Frames.sizeOf(this.join()) ?? this.size + 1
    }
  }

  /** What should be the end of the stream. */
  end(): Promise<Frames.Frame | undefined> {
    return this.next(patienceAtEnd)
  }

  /** Waits until both sides have ended, or the connection broke. */
  async untilGone(): Promise<void> {
    while (!this.gone) await this.more(patienceAtEnd)
  }

  private become(state: Inlet["state"]): void {
    this.state = state
    this.wake()
  }

  private join(): Buffer {
    if (this.chunks.length > 1) this.keep(Buffer.concat(this.chunks))
    return this.chunks[0]
  }

  private keep(octets: Buffer): void {
    this.chunks = [octets]
    this.size = octets.length
  }

  /** When the time is up, what is there already may still come: the process may have been busy. */
  private more(bound: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(async () => {
        await tick()
        reject(new Error(`nothing came for ${bound} ms`))
      }, bound)
      this.wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
