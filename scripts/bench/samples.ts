/** What one round gives. `figure` is what is compared: the less, the better. */

/** Of a message, or a handshake. CPU and latencies in microseconds. */
export interface Cost {
  readonly figure: number
  readonly user: number
  readonly system: number
  /** In a second. */
  readonly rate: number
  readonly p50: number
  readonly p99: number
  /** How much of a core was used, by who is measured and by the load. */
  readonly busy: number
  readonly loadBusy: number
}

/** Of an idle connection, in octets: resident memory, and what is on the heap. */
export interface Footprint {
  readonly figure: number
  readonly heap: number
}

/** In octets: growth of the resident memory, and what the peer that does not read could send. */
export interface Growth {
  readonly figure: number
  readonly taken: number
}

export type Sample = Cost | Footprint | Growth
