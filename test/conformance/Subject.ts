/** The implementation under test, as a server and as a client, with the tester at the other end. */
import { Effect, type Exit, Layer, ManagedRuntime, Stream } from "effect"
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import * as WebSocketServer from "effect-ws/WebSocketServer"
import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"
import type { Negotiation } from "./Case.ts"
import { limits } from "./Limits.ts"
import { type Role, Tester } from "./Tester.ts"

/** Gives a tester on a new connection; `stop` ends the implementation. */
/** Parameters have no order. */
const wordsOf = (extension: string | undefined): ReadonlySet<string> => new Set(extension?.split("; "))

export interface Subject {
  readonly open: (negotiation: Negotiation) => Promise<Tester>
  readonly stop: () => Promise<void>
}

/** What comes up to the end of an HTTP head, and what is behind it. */
const readHead = async (socket: Socket): Promise<readonly [head: string, rest: Buffer]> => {
  let octets = Buffer.alloc(0)
  for (;;) {
    const end = octets.indexOf("\r\n\r\n")
    if (end >= 0) return [octets.toString("latin1", 0, end), octets.subarray(end + 4)]
    const [chunk] = await once(socket, "data")
    octets = Buffer.concat([octets, chunk])
  }
}

const valueOf = (name: string, head: string): string => new RegExp(`^${name}: (.*)$`, "im").exec(head)?.[1] ?? ""

const header = (name: string, value: string): string => value === "" ? "" : `${name}: ${value}\r\n`

/** Every message is compressed where that was agreed on. */
const options = { ...limits, compression: { threshold: 0 } }

const Echo = WebSocketServer.handle("/", options, ({ messages, sink }) => Stream.run(messages, sink))

const key = "dGhlIHNhbXBsZSBub25jZQ=="

const acceptOf = (key: string): string =>
  createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64")

/** Our server; the tester is its client. */
export const server = async (): Promise<Subject> => {
  const layer = Echo.pipe(Layer.provideMerge(NodeWebSocketServer.layer({ port: 0, host: "127.0.0.1" })))
  const runtime = ManagedRuntime.make(layer)
  const address = await runtime.runPromise(Effect.flatMap(WebSocketServer.WebSocketServer, ({ address }) => address))
  const port = address._tag === "UnixPathAddress" ? 0 : address.port
  const open = async ({ accepted, offer }: Negotiation) => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true })
    socket.write(
      "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n${header("Sec-WebSocket-Extensions", offer)}\r\n`
    )
    const [head, rest] = await readHead(socket)
    assert.match(head, /^HTTP\/1\.1 101 /)
    assert.equal(valueOf("sec-websocket-accept", head), acceptOf(key))
    assert.deepEqual(wordsOf(valueOf("sec-websocket-extensions", head)), wordsOf(accepted))
    return new Tester("client", socket, rest, accepted)
  }
  return { open, stop: () => runtime.dispose() }
}

/** Our client; the tester is its server. */
export const client = async (): Promise<Subject> => {
  const listener = createServer({ allowHalfOpen: true })
  listener.listen(0, "127.0.0.1")
  await once(listener, "listening")
  const { port } = listener.address() as AddressInfo
  const echo = WebSocketClient.connect(`ws://127.0.0.1:${port}/`, options).pipe(
    Effect.flatMap(({ messages, sink }) => Stream.run(messages, sink)),
    Effect.scoped
  )
  const runs: Array<Promise<Exit.Exit<void, unknown>>> = []
  const open = async ({ answer }: Negotiation) => {
    const accepted = once(listener, "connection")
    runs.push(Effect.runPromiseExit(echo))
    const [socket] = await accepted as [Socket]
    const [head, rest] = await readHead(socket)
    assert.equal(valueOf("sec-websocket-extensions", head), "permessage-deflate; client_max_window_bits")
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        `Sec-WebSocket-Accept: ${acceptOf(valueOf("sec-websocket-key", head))}\r\n` +
        `${header("Sec-WebSocket-Extensions", answer)}\r\n`
    )
    return new Tester("server", socket, rest, answer)
  }
  const stop = async () => {
    await Promise.all(runs)
    listener.close()
  }
  return { open, stop }
}

export const subjects: ReadonlyArray<{ readonly role: Role; readonly start: () => Promise<Subject> }> = [
  { role: "server", start: server },
  { role: "client", start: client }
]
