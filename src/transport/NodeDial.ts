/**
 * The client's HTTP request for an upgrade, over Node's HTTP client (RFC 6455 §4.1).
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from "node:http"
import type { Duplex } from "node:stream"
import type { ConnectionOptions as TlsOptions } from "node:tls"
import type * as OpeningHandshake from "../protocol/OpeningHandshake.ts"
import { http, https } from "./NodeModules.ts"
import { joinHeaders } from "./NodeUpgrade.ts"

/** Of an answer that is not 101, this much of the body is read. */
const maxBodySize = 16_384

/**
 * Where to dial, and how.
 *
 * @category models
 * @since 0.1.0
 */
export interface Target {
  readonly secure: boolean
  /** A host and port, or the path of a Unix socket or named pipe. */
  readonly hostname: string
  readonly port: number
  readonly socketPath: string | undefined
  /** The request target. */
  readonly path: string
  readonly headers: ReadonlyArray<OpeningHandshake.Field>
  readonly agent: Agent | undefined
  readonly tls: TlsOptions | undefined
  /** A stream that leads there already: nothing else is dialled then. */
  readonly stream: Duplex | undefined
}

/**
 * The server's answer. `socket` is there if it switched protocols, and `body` if not.
 *
 * @category models
 * @since 0.1.0
 */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly socket: Duplex | undefined
  /** What came behind the answer's head in the same read. */
  readonly head: Uint8Array
  readonly body: string
}

/**
 * Sends the request and waits for the answer. Interruption drops the connection, at whatever stage it is.
 * `onSocket` is told of the socket before the effect is done. Fails with Node's error.
 *
 * @category handshake
 * @since 0.1.0
 */
export const dial = (target: Target, onSocket: (socket: Duplex) => void): Effect.Effect<Answer, unknown> =>
  Effect.callback((resume) => {
    let request: ClientRequest
    try {
      request = (target.secure ? https.request : http.request)(toOptions(target))
    } catch (error) {
      return resume(Effect.fail(error))
    }
    request.on("error", (error) => resume(Effect.fail(error)))
    request.on("upgrade", (response, socket, head) => {
      socket.on("error", () => socket.destroy()) // one may come before the connection listens
      onSocket(socket)
      resume(Effect.succeed(toAnswer(response, socket, head, "")))
    })
    request.on("response", (response) =>
      readBody(response, (body) => {
        request.destroy()
        resume(Effect.succeed(toAnswer(response, undefined, new Uint8Array(0), body)))
      }))
    request.end()
    return Effect.sync(() => request.destroy())
  })

const toOptions = ({ stream, ...target }: Target): RequestOptions => ({
  ...target.tls,
  host: target.hostname,
  port: target.port,
  ...(target.socketPath === undefined ? {} : { socketPath: target.socketPath }),
  path: target.path,
  headers: Object.fromEntries(target.headers),
  ...(stream === undefined ? { agent: target.agent ?? false } : { createConnection: () => stream })
})

const toAnswer = (response: IncomingMessage, socket: Duplex | undefined, head: Uint8Array, body: string): Answer => ({
  status: response.statusCode ?? 0,
  headers: joinHeaders(response.headers),
  socket,
  head,
  body
})

const readBody = (response: IncomingMessage, done: (body: string) => void): void => {
  const chunks: Array<Buffer> = []
  let size = 0
  const finish = () => done(Buffer.concat(chunks).subarray(0, maxBodySize).toString("utf8"))
  response.on("data", (chunk: Buffer) => {
    chunks.push(chunk)
    size += chunk.length
    if (size >= maxBodySize) finish()
  })
  response.on("error", finish)
  response.on("close", finish)
}
