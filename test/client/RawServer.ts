/**
 * A server that answers requests with the octets that a test wants, right or wrong.
 */
import { Effect } from "effect"
import type { Scope } from "effect/Scope"
import { hash } from "node:crypto"
import * as Net from "node:net"
import * as Tls from "node:tls"
import * as Certificate from "../server/Certificate.ts"

export interface Request {
  /** Such as `GET / HTTP/1.1`. */
  readonly start: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly socket: Net.Socket
}

export interface RawServer {
  readonly port: number
  readonly url: string
  readonly requests: ReadonlyArray<Request>
  /** Every connection that was ever made. */
  readonly sockets: ReadonlyArray<Net.Socket>
  /** Waits until so many connections were made. */
  readonly connected: (count: number) => Effect.Effect<void>
  /** Waits until no connection is left. */
  readonly deserted: Effect.Effect<void>
}

const readRequest = (head: string, socket: Net.Socket): Request => {
  const [start, ...lines] = head.split("\r\n")
  const pairs = lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 2)])
  return { start, headers: Object.fromEntries(pairs), socket }
}

/** Calls back with each head that comes; `onRequest` is not called for what follows it. */
const onHead = (socket: Net.Socket, callback: (head: string) => void): void => {
  let received = ""
  socket.on("data", function onData(chunk: Buffer) {
    received += chunk.toString("latin1")
    const end = received.indexOf("\r\n\r\n")
    if (end < 0) return
    socket.off("data", onData)
    callback(received.slice(0, end))
  })
}

/** Whatever the clock of the test is. */
const pause: Effect.Effect<void> = Effect.callback((resume) => void setTimeout(() => resume(Effect.void), 2))

const poll = (test: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => test() ? Effect.void : Effect.andThen(pause, poll(test)))

/** Listens until the scope ends. */
export const start = (
  onRequest: (request: Request) => void,
  options: { readonly secure?: boolean; readonly host?: string } = {}
): Effect.Effect<RawServer, never, Scope> =>
  Effect.gen(function*() {
    const requests: Array<Request> = []
    const sockets: Array<Net.Socket> = []
    const converse = (socket: Net.Socket): void => {
      socket.on("error", () => {})
      onHead(socket, (head) => {
        const request = readRequest(head, socket)
        requests.push(request)
        socket.resume()
        onRequest(request)
      })
    }
    const server = options.secure ? Tls.createServer(Certificate.identity, converse) : Net.createServer(converse)
    server.on("connection", (socket: Net.Socket) => sockets.push(socket))
    yield* Effect.acquireRelease(
      Effect.callback<void>((resume) => {
        server.listen(0, options.host ?? "127.0.0.1", () => resume(Effect.void))
      }),
      () =>
        Effect.callback<void>((resume) => {
          server.close(() => resume(Effect.void))
          for (const socket of sockets) socket.destroy()
        })
    )
    const { port } = server.address() as Net.AddressInfo
    const url = options.secure ? `wss://localhost:${port}` : `ws://127.0.0.1:${port}`
    const connected = (count: number) => poll(() => sockets.length >= count)
    const deserted = poll(() => sockets.every((socket) => socket.closed))
    return { port, url, requests, sockets, connected, deserted }
  })

/** The head of the right answer to a request, but for what is `changed`; `undefined` leaves a header out. */
export const acceptance = (
  { headers }: Request,
  changed: Readonly<Record<string, string | undefined>> = {}
): string => {
  const accept = hash("sha1", `${headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`, "base64")
  const fields = { "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept, ...changed }
  const lines = Object.entries(fields).filter(([, value]) => value !== undefined)
  return ["HTTP/1.1 101 Switching Protocols", ...lines.map(([name, value]) => `${name}: ${value}`), "", ""].join("\r\n")
}

/** Any other answer, after which the server keeps the connection open. */
export const answer = (status: number, headers: Readonly<Record<string, string>> = {}, body = ""): string => {
  const fields = { "Content-Length": `${Buffer.byteLength(body)}`, ...headers }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`)
  return [`HTTP/1.1 ${status} Whatever`, ...lines, "", body].join("\r\n")
}
