/** What goes over the connections of a case. */
export interface Traffic {
  /** `echo` has every message answered; with `push` the server sends `depth` messages each time that it is asked. */
  readonly kind: "echo" | "push"
  readonly connections: number
  /** Messages on the way on each connection. */
  readonly depth: number
  readonly size: number
  /** Context takeover, in both directions. */
  readonly takeover: boolean
}

interface Case extends Traffic {
  readonly name: string
  /** How many times better than ws it has to be. */
  readonly bar: number | undefined
}

/** The server's CPU per message. */
export interface Exchange extends Case {
  readonly messages: number
}

/** Octets of the messages that a server pushes. */
export const pushed = 700

const echo = { kind: "echo", connections: 64, depth: 8 } as const
const push = { ...echo, kind: "push", size: pushed, takeover: true } as const

export const exchanges: ReadonlyArray<Exchange> = [
  { ...echo, name: "echo 1 KiB, no takeover", size: 1024, takeover: false, messages: 40_960, bar: 3.3 },
  { ...echo, name: "echo 1 KiB, takeover", size: 1024, takeover: true, messages: 40_960, bar: 2 },
  { ...echo, name: "echo 16 KiB, no takeover", size: 16_384, takeover: false, messages: 8192, bar: 1.3 },
  { ...echo, name: "echo 16 KiB, takeover", size: 16_384, takeover: true, messages: 8192, bar: 1.3 },
  { ...push, name: "push 700 B, takeover, 8 at once", messages: 40_960, bar: 3 },
  { ...push, name: "push 700 B, takeover, 1 at once", depth: 1, messages: 40_960, bar: undefined }
]

/** The server's memory per connection that is idle after some messages. */
export interface Idle extends Case {
  readonly each: number
  /** Longer than contexts stay awake, in milliseconds. */
  readonly rest: number
}

const idle = { kind: "echo", connections: 2000, depth: 1, size: 1024, takeover: true, rest: 20_000 } as const

export const idles: ReadonlyArray<Idle> = [
  { ...idle, name: "idle after 10 messages", each: 10, bar: 5 },
  { ...idle, name: "idle after 64 messages, full windows", each: 64, bar: undefined }
]

/** The growth of the server's memory while all connections are busy. */
export interface Churn extends Case {
  /** In milliseconds, as is `every`, the time between samples. */
  readonly warmUp: number
  readonly every: number
}

export const churns: ReadonlyArray<Churn> = [
  { ...echo, name: "churn 1 KiB, takeover", size: 1024, takeover: true, warmUp: 10_000, every: 5000, bar: undefined }
]
