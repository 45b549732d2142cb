/** What is measured: messages of one kind, with so many on the way on so many connections. */
export interface Case {
  readonly name: string
  readonly connections: number
  readonly depth: number
  readonly size: number
  readonly text: boolean
  readonly messages: number
}

export const cases: ReadonlyArray<Case> = [
  { name: "ping-pong, 64 connections, 64 B", connections: 64, depth: 1, size: 64, text: false, messages: 60_000 },
  { name: "pipelined, 16 x 64, 64 B", connections: 16, depth: 64, size: 64, text: false, messages: 600_000 },
  { name: "pipelined, 16 x 64, 1 KiB text", connections: 16, depth: 64, size: 1024, text: true, messages: 200_000 },
  { name: "echo 1 MiB, 4 connections", connections: 4, depth: 1, size: 1_048_576, text: false, messages: 600 }
]
