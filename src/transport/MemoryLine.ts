/**
 * One direction of a connection in memory, and what may befall it on the way.
 *
 * @since 0.1.0
 */

/**
 * The time of a line, in milliseconds. `start` calls back when they are over; it returns how to call that off.
 *
 * @category models
 * @since 0.1.0
 */
export interface Timing {
  readonly now: () => number
  readonly start: (millis: number, callback: () => void) => () => void
}

/**
 * How octets travel that are written from now on; `stalled` holds back those under way, too.
 *
 * @category models
 * @since 0.1.0
 */
export interface Conditions {
  /** Milliseconds from the writer to the reader. */
  readonly latency: number
  /** Octets per second. */
  readonly bandwidth: number
  /** Octets that arrive at once, at most; or what tells that for each piece. */
  readonly chunkSize: number | (() => number)
  /** Whether nothing arrives for now. */
  readonly stalled: boolean
}

/**
 * As if there were no way to go.
 *
 * @category constants
 * @since 0.1.0
 */
export const undisturbed: Conditions = { latency: 0, bandwidth: Infinity, chunkSize: Infinity, stalled: false }

/**
 * How a line breaks.
 *
 * **Details**
 *
 * - `End`: the stream ends, and what is written after that is lost
 * - `Reset`: both sides learn that the connection was reset
 * - `Silence`: nothing arrives any more, not even the end, and nobody is told
 * - `WriteError`: the next write fails with EPIPE, and the reader learns of a reset
 *
 * @category models
 * @since 0.1.0
 */
export type Break = "End" | "Reset" | "Silence" | "WriteError"

/**
 * Those at the two ends of the line.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ends {
  onBytes(chunk: Uint8Array): void
  onEnd(): void
  onReset(): void
  /** For the writer: the reader took some octets. */
  onTaken(): void
}

type Content = Uint8Array | "End" | "Reset"

interface Packet {
  readonly content: Content
  readonly due: number
}

type State = "Open" | "Ended" | "Lost" | "Silent" | "Failing"

/** What a line is after it broke. */
const broken: Readonly<Record<Break, State>> = {
  End: "Lost",
  Reset: "Lost",
  Silence: "Silent",
  WriteError: "Failing"
}

/**
 * Carries octets from a writer to a reader, in order.
 *
 * **Details**
 *
 * What is due arrives by microtask, so that no test depends on re-entrance; what has to wait, within the callback of its
 * timer. The reader takes nothing before `resume`. Writes are copied.
 *
 * @category models
 * @since 0.1.0
 */
export class MemoryLine {
  /** Octets that were written, and not taken by the reader. */
  queued = 0
  private readonly timing: Timing
  private readonly ends: Ends
  private current = undisturbed
  private state: State = "Open"
  private breaking: { octets: number; readonly how: Break } | undefined = undefined
  private packets: Array<Packet> = []
  /** When all that was written will have been sent, and will have arrived. */
  private sent = 0
  private arrived = 0
  private resetDue = Infinity
  private paused = true
  private scheduled = false
  private cancel: (() => void) | undefined = undefined

  constructor(timing: Timing, ends: Ends) {
    this.timing = timing
    this.ends = ends
  }

  get conditions(): Conditions {
    return this.current
  }

  set conditions(conditions: Conditions) {
    this.current = conditions
    this.schedule()
  }

  // ---- the writer's end ----

  /** Takes octets, or says why it does not. */
  write(bytes: Uint8Array): Error | undefined {
    if (this.state === "Silent") this.queued += bytes.length
    if (this.state === "Failing") return this.failWrite()
    if (this.state !== "Open") return undefined
    const passing = bytes.subarray(0, this.breaking?.octets)
    this.queued += passing.length
    for (let at = 0; at < passing.length;) at += this.putPiece(passing.subarray(at))
    return this.breaking === undefined ? undefined : this.breakOff(passing.length, bytes.subarray(passing.length))
  }

  /** Ends the stream behind what was written. */
  end(): void {
    if (this.state !== "Open") return
    this.state = "Ended"
    this.put("End")
  }

  /** Tells the reader, behind what was written, that the writer will hear of nothing any more. */
  abort(): void {
    if (this.state !== "Open" && this.state !== "Ended") return
    this.state = "Lost"
    this.put("Reset")
  }

  private breakOff(passed: number, rest: Uint8Array): Error | undefined {
    const breaking = this.breaking!
    breaking.octets -= passed
    if (breaking.octets > 0) return undefined
    this.break(breaking.how)
    return rest.length === 0 ? undefined : this.write(rest)
  }

  private failWrite(): Error {
    this.state = "Lost"
    this.put("Reset")
    return Object.assign(new Error("write EPIPE"), { code: "EPIPE" })
  }

  // ---- the way ----

  /** Breaks when so many further octets have been written, which still arrive. */
  breakAfter(octets: number, how: Break): void {
    this.breaking = { octets, how }
    if (octets <= 0) this.break(how)
  }

  /** Is reset now: what has not arrived is lost. */
  reset(): void {
    const now = this.timing.now()
    this.packets = this.packets.filter(({ due }) => due <= now)
    this.arrived = this.sent = now
    this.current = { ...this.current, latency: 0, stalled: false }
    this.state = "Lost"
    this.put("Reset")
  }

  /** Octets that nobody wrote arrive behind those that were written. */
  inject(bytes: Uint8Array): void {
    if (this.state !== "Open") return
    this.queued += bytes.length
    for (let at = 0; at < bytes.length;) at += this.putPiece(bytes.subarray(at))
  }

  private break(how: Break): void {
    this.breaking = undefined
    if (this.state !== "Open") return
    this.state = broken[how]
    if (how === "End" || how === "Reset") this.put(how)
  }

  private putPiece(bytes: Uint8Array): number {
    const { chunkSize } = this.current
    const size = typeof chunkSize === "number" ? chunkSize : chunkSize()
    const piece = new Uint8Array(bytes.subarray(0, Math.max(1, size)))
    this.put(piece)
    return piece.length
  }

  private put(content: Content): void {
    const { bandwidth, latency } = this.current
    const size = typeof content === "string" ? 0 : content.length
    this.sent = Math.max(this.sent, this.timing.now()) + size / bandwidth * 1000
    this.arrived = Math.max(this.arrived, this.sent + latency)
    this.packets.push({ content, due: this.arrived })
    if (content === "Reset") this.resetDue = this.arrived
    this.schedule()
  }

  private schedule(): void {
    if (this.scheduled || this.cancel !== undefined || this.packets.length === 0) return
    if (this.isReady()) {
      this.scheduled = true
      queueMicrotask(() => this.deliver())
    } else if (!this.current.stalled && !this.isDue(this.packets[0].due)) {
      this.cancel = this.timing.start(this.packets[0].due - this.timing.now(), () => {
        this.cancel = undefined
        this.deliver()
      })
    }
  }

  // ---- the reader's end ----

  /** Whether octets are there that the reader did not take. */
  get hasUnread(): boolean {
    return this.packets.some(({ content, due }) => typeof content !== "string" && this.isDue(due))
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
    this.schedule()
  }

  /** Nobody is at either end any more. */
  stop(): void {
    this.cancel?.()
    this.cancel = undefined
    this.packets = []
  }

  private deliver(): void {
    this.scheduled = false
    while (this.isReady()) this.give(this.packets.shift()!.content)
    this.schedule()
  }

  /** A reset is noticed even by those who pause, and who are then given what has arrived before. */
  private isReady(): boolean {
    const { current, packets, paused } = this
    if (current.stalled || packets.length === 0 || !this.isDue(packets[0].due)) return false
    return !paused || this.isDue(this.resetDue)
  }

  private isDue(due: number): boolean {
    return due <= this.timing.now()
  }

  private give(content: Content): void {
    if (content === "End") return this.ends.onEnd()
    if (content === "Reset") return this.ends.onReset()
    this.queued -= content.length
    this.ends.onTaken()
    this.ends.onBytes(content)
  }
}
