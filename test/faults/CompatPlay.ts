/** Plays a script with two WebSockets of compat: over TCP, with a proxy between them that fails as it is told. */
import { Effect, type Scope } from "effect"
import WebSocket, { WebSocketServer } from "effect-ws/compat"
import type { TestLink } from "effect-ws/testing"
import * as fc from "fast-check"
import { once } from "node:events"
import { createServer } from "node:http"
import type { Socket } from "node:net"
import * as TcpLink from "./TcpLink.ts"

const directions = ["toServer", "toClient"] as const
const sides = ["client", "server"] as const

const breaks: ReadonlyArray<TestLink.Break> = ["End", "Reset", "Silence", "WriteError"]

const size = fc.oneof(fc.nat(300), fc.integer({ min: 20_000, max: 70_000 }))
const side = fc.constantFrom(...sides)
const direction = fc.constantFrom(...directions)

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ what: fc.constant("send"), side, count: fc.integer({ min: 1, max: 8 }), size }) },
  fc.record({ what: fc.constant("break"), direction, octets: fc.nat(3000), how: fc.constantFrom(...breaks) }),
  fc.record({ what: fc.constant("stall"), direction, stalled: fc.boolean() }),
  fc.record({ what: fc.constant("cut"), direction, chunkSize: fc.constantFrom(1, 7, 100) }),
  fc.record({ what: fc.constant("pause"), side, paused: fc.boolean() }),
  fc.record({ what: fc.constant("ping"), side }),
  fc.record({ what: fc.constant("close"), side }),
  fc.record({ what: fc.constant("terminate"), side })
)

export const script = fc.record({
  perMessageDeflate: fc.boolean(),
  allowSynchronousEvents: fc.boolean(),
  steps: fc.array(fc.tuple(fc.nat(4), step), { minLength: 1, maxLength: 8 }),
  last: side
})

export type Script = typeof script extends fc.Arbitrary<infer A> ? A : never
type Step = typeof step extends fc.Arbitrary<infer A> ? A : never

/** One WebSocket, and all that is heard of it. */
export class Watched {
  readonly websocket: WebSocket
  readonly events: Array<string> = []
  readonly received: Array<string> = []
  readonly sent: Array<string> = []
  /** Which callback was called: those of calls that were accepted, and of those after a close, which fail before them. */
  readonly callbacks: Record<"accepted" | "late", Array<number>> = { accepted: [], late: [] }
  code: number | undefined = undefined
  calls = 0
  readonly ended: Promise<unknown>

  constructor(websocket: WebSocket) {
    this.websocket = websocket
    websocket.on("message", (data) => {
      this.events.push("message")
      this.received.push(String(data))
    })
    for (const name of ["ping", "pong", "error"]) websocket.on(name, () => this.events.push(name))
    websocket.on("close", (code) => {
      this.events.push("close")
      this.code = code
    })
    this.ended = new Promise((resolve) => websocket.once("close", resolve))
  }

  send(size: number): void {
    const content = `${this.sent.length}: ${"the quick brown fox ".repeat(size / 20)}`
    if (this.websocket.readyState === WebSocket.OPEN) this.sent.push(content)
    this.websocket.send(content, this.callback())
  }

  ping(): void {
    this.websocket.ping("?", undefined, this.callback())
  }

  private callback(): () => void {
    const n = this.calls++
    const when = this.websocket.readyState === WebSocket.OPEN ? "accepted" : "late"
    return () => void this.callbacks[when].push(n)
  }
}

export interface Scene {
  readonly link: TestLink.TestLink
  readonly client: Watched
  readonly server: Watched
  readonly sockets: ReadonlyArray<Socket>
  /** How many listeners others than the connection's own objects are left with. */
  readonly listeners: () => number
}

const closeTimeout = 100

const open = ({ allowSynchronousEvents, perMessageDeflate }: Script) =>
  Effect.gen(function*() {
    const { client, link, server } = yield* TcpLink.sockets
    const http = createServer()
    const options = { allowSynchronousEvents, closeTimeout, perMessageDeflate }
    const webSocketServer = new WebSocketServer({ ...options, server: http })
    const listeners = () =>
      [http, webSocketServer, process].reduce(
        (sum, emitter) => sum + emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0),
        0
      )
    const before = listeners()
    const accepted = once(webSocketServer, "connection")
    http.emit("connection", server)
    const websocket = new WebSocket("ws://localhost", { ...options, createConnection: () => client })
    const [[theirs]] = yield* Effect.promise(() => Promise.all([accepted, once(websocket, "open")]))
    const scene: Scene = {
      link,
      client: new Watched(websocket),
      server: new Watched(theirs),
      sockets: [client, server],
      listeners: () => listeners() - before
    }
    return scene
  })

const perform = (step: Step, { link, ...players }: Scene): Effect.Effect<void> => {
  switch (step.what) {
    case "break":
      return link[step.direction].breakAfter(step.octets, step.how)
    case "stall":
      return link[step.direction].set({ stalled: step.stalled })
    case "cut":
      return link[step.direction].set({ chunkSize: step.chunkSize })
    case "send":
      return Effect.sync(() => {
        for (let i = 0; i < step.count; i++) players[step.side].send(step.size)
      })
    case "pause":
      return Effect.sync(() => players[step.side].websocket[step.paused ? "pause" : "resume"]())
    case "ping":
      return Effect.sync(() => players[step.side].ping())
    case "close":
      return Effect.sync(() => players[step.side].websocket.close(4000, "enough"))
    case "terminate":
      return Effect.sync(() => players[step.side].websocket.terminate())
  }
}

/** Plays until both are closed. */
export const play = (script: Script): Effect.Effect<Scene, never, Scope.Scope> =>
  Effect.gen(function*() {
    const scene = yield* open(script)
    for (const [wait, step] of script.steps) {
      yield* Effect.sleep(wait)
      yield* perform(step, scene)
    }
    const [first, second] = script.last === "client" ? [scene.client, scene.server] : [scene.server, scene.client]
    first.websocket.close(1000)
    yield* Effect.sleep("10 millis")
    second.websocket.close(1000)
    yield* Effect.promise(() => Promise.all([first.ended, second.ended]))
    return scene
  })
