/** What is measured. */

/** How a server is used. */
export interface Use {
  readonly connections: number
  readonly procedure: "Call" | "Stream"
  /** Calls, or streams, under way on each connection. */
  readonly depth: number
  /** Elements of a stream that come in one chunk. */
  readonly chunk?: number
  readonly compression?: boolean
}

export interface Case extends Use {
  readonly name: string
  /** How many times better than Effect's own server ours is to be. */
  readonly bar?: number
}

const calls = { procedure: "Call", connections: 16, depth: 16 } as const
const streams = { procedure: "Stream", connections: 16, depth: 16, chunk: 1 } as const

/** CPU per call, or per element. */
export const exchanges: ReadonlyArray<Case> = [
  { ...calls, name: "calls, one at a time on 64 connections", connections: 64, depth: 1, bar: 1.3 },
  { ...calls, name: "calls, 16 x 16", bar: 1.3 },
  { ...streams, name: "elements one by one, 16 x 16 streams", bar: 2 },
  { ...streams, name: "elements one by one, a stream on 64 connections", connections: 64, depth: 1 },
  { ...streams, name: "elements in chunks of 16, 16 x 16 streams", chunk: 16 },
  { ...calls, name: "calls, 16 x 16, compressed", compression: true }
]

/** Memory of a connection on which one call was made. */
export const idle = { ...calls, name: "an idle connection", connections: 2000, depth: 1, bar: 2 } as const
