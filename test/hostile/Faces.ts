/** The same echo server by both faces, for peers that mean no good. */
import { Effect, Layer, Stream } from "effect"
import type { Scope } from "effect/Scope"
import { once } from "node:events"
import CompatWebSocket, { WebSocketServer as CompatServer } from "../../src/compat/index.ts"
import * as WebSocketServer from "../../src/WebSocketServer.ts"
import * as TestServer from "../server/TestServer.ts"

export interface Options {
  readonly maxMessageSize?: number
  readonly compression?: boolean
}

export interface Face {
  readonly name: string
  /** Serves an echo; gives its port. */
  readonly serve: (options?: Options) => Effect.Effect<number, unknown, Scope>
}

const effect: Face = {
  name: "the Effect face",
  serve: (options = {}) => {
    const Echo = WebSocketServer.handle("/", options, ({ messages, sink }) => Stream.run(messages, sink))
    return Effect.map(TestServer.start(Layer.mergeAll(Echo)), ({ port }) => port)
  }
}

const listen = ({ compression = false, maxMessageSize }: Options): CompatServer => {
  const limits = maxMessageSize === undefined ? {} : { maxPayload: maxMessageSize }
  const server = new CompatServer({ port: 0, host: "127.0.0.1", perMessageDeflate: compression, ...limits })
  server.on("connection", (socket) => {
    socket.on("error", () => {})
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }))
  })
  return server
}

const compat: Face = {
  name: "the face of ws",
  serve: (options = {}) =>
    Effect.acquireRelease(Effect.sync(() => listen(options)), (server) =>
      Effect.sync(() => {
        for (const client of server.clients) client.terminate()
        server.close()
      })).pipe(
        Effect.tap((server) => Effect.promise(() => once(server, "listening"))),
        Effect.map((server) => (server.address() as { readonly port: number }).port)
      )
}

export const all: ReadonlyArray<Face> = [effect, compat]

/** A client of the face of ws, which a test looks at. */
export const compatClient = (url: string, options: object = {}) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const socket = new CompatWebSocket(url, options)
      const errors: Array<string> = []
      socket.on("error", ({ message }) => errors.push(message))
      const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()))
      return { socket, errors, closed: Effect.promise(() => ended) }
    }),
    ({ socket }) => Effect.sync(() => socket.terminate())
  )
