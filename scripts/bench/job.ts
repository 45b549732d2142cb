/** What a server is started for: all adapters do the same work. */
export interface Job {
  /**
   * `echo` sends every message back, `count` only counts, `broadcast` sends every message to all connections, and `push`
   * sends it back in bursts, one in each turn of the event loop.
   */
  readonly work: "echo" | "count" | "broadcast" | "push"
  /** permessage-deflate, for messages of any size. */
  readonly compression: boolean
  readonly tls: boolean
  /** Octets of a message with its headers, for those who do not look at them. */
  readonly frameSize: number
}

export const push = { burst: 16, bursts: 64 }

/** In octets: as much as any case needs. */
export const maxMessageSize = 16 * 2 ** 20

/** The job of this process. */
export const job = (): Job => JSON.parse(process.argv[2] ?? "{}")
