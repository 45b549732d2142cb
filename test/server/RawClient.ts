/**
 * A client that knows nothing of WebSockets: it sends the octets that a test wants, and shows those that come back.
 */
import { Effect } from "effect"
import type { Scope } from "effect/Scope"
import * as Net from "node:net"
import * as Tls from "node:tls"

/** The key of the RFC's example (RFC 6455 §1.2), and the answer to it. */
export const key = "dGhlIHNhbXBsZSBub25jZQ=="
export const acceptOfKey = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

type Fields = Readonly<Record<string, string | undefined>>

/** A valid handshake but for what is `changed`; `undefined` leaves a header out. */
export const handshake = (path: string, changed: Fields = {}, start = `GET ${path} HTTP/1.1`): string => {
  const fields: Fields = {
    "Host": "localhost",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": key,
    "Sec-WebSocket-Version": "13",
    ...changed
  }
  const lines = Object.entries(fields).filter(([, value]) => value !== undefined)
  return [start, ...lines.map(([name, value]) => `${name}: ${value}`), "", ""].join("\r\n")
}

/** An HTTP answer. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const readAnswer = (text: string): Answer => {
  const [head, ...body] = text.split("\r\n\r\n")
  const [statusLine, ...lines] = head.split("\r\n")
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(": ")
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 2)
  }
  return { status: Number(statusLine.split(" ")[1]), headers, body: body.join("\r\n\r\n") }
}

/** A server's frame with a short payload. */
export interface Frame {
  readonly opcode: number
  readonly payload: Buffer
}

const framesOf = (bytes: Buffer): ReadonlyArray<Frame> => {
  if (bytes.length < 2 || bytes.length < 2 + bytes[1]) return []
  const end = 2 + bytes[1]
  return [{ opcode: bytes[0] & 15, payload: bytes.subarray(2, end) }, ...framesOf(bytes.subarray(end))]
}

const framesAfterHead = (bytes: Buffer) => framesOf(bytes.subarray(bytes.indexOf("\r\n\r\n") + 4))

const isClose = ({ opcode }: Frame): boolean => opcode === 8

export class RawClient {
  readonly socket: Net.Socket
  private received = Buffer.alloc(0)
  private over = false
  private changed = (): void => {}

  constructor(socket: Net.Socket) {
    this.socket = socket
    socket.on("data", (chunk) => {
      this.received = Buffer.concat([this.received, chunk])
      this.changed()
    })
    socket.on("error", () => {})
    for (const event of ["end", "close"]) {
      socket.on(event, () => {
        this.over = true
        this.changed()
      })
    }
  }

  /** Waits until the octets received pass the test, or there will be no more; gives them. */
  until(test: (received: Buffer) => boolean): Effect.Effect<Buffer> {
    return Effect.callback((resume) => {
      this.changed = () => {
        if (test(this.received) || this.over) resume(Effect.succeed(this.received))
      }
      this.changed()
    })
  }

  /** Everything until the server ends the connection. */
  get toEnd(): Effect.Effect<Buffer> {
    return this.until(() => false)
  }

  /** The frames after the answer's head, until a Close or the end. */
  get framesToClose(): Effect.Effect<ReadonlyArray<Frame>> {
    return Effect.map(this.until((bytes) => framesAfterHead(bytes).some(isClose)), framesAfterHead)
  }

  /** The code of the Close that comes; `undefined` if the server ends the connection without one. */
  get closeCode(): Effect.Effect<number | undefined> {
    return Effect.map(this.framesToClose, (frames) => frames.find(isClose)?.payload.readUInt16BE(0))
  }

  /** The answer's head. */
  get answer(): Effect.Effect<Answer> {
    return Effect.map(
      this.until((bytes) => bytes.includes("\r\n\r\n")),
      (bytes) => readAnswer(bytes.toString("latin1"))
    )
  }

  /** The whole answer, from a server that ends the connection after it. */
  get wholeAnswer(): Effect.Effect<Answer> {
    return Effect.map(this.toEnd, (bytes) => readAnswer(bytes.toString("utf8")))
  }
}

/** Connects, over TLS if options for it are given. */
export const connect = (
  to: Net.NetConnectOpts,
  tls?: Tls.ConnectionOptions
): Effect.Effect<RawClient, Error, Scope> =>
  Effect.acquireRelease(
    Effect.callback<RawClient, Error>((resume) => {
      const socket = tls === undefined ? Net.connect(to) : Tls.connect({ ...to, ...tls })
      socket.once("error", (error) => resume(Effect.fail(error)))
      socket.once(tls === undefined ? "connect" : "secureConnect", () => resume(Effect.succeed(new RawClient(socket))))
    }),
    ({ socket }) => Effect.sync(() => socket.destroy())
  )

/** Sends a request and gives the whole answer, or its head if it is 101. */
export const ask = (port: number, request: string): Effect.Effect<Answer, Error> =>
  Effect.gen(function*() {
    const client = yield* connect({ host: "127.0.0.1", port })
    client.socket.write(request)
    const answer = yield* client.answer
    return answer.status === 101 ? answer : yield* client.wholeAnswer
  }).pipe(Effect.scoped)

/** Shakes hands for a path. */
export const open = (port: number, path: string): Effect.Effect<RawClient, Error, Scope> =>
  Effect.gen(function*() {
    const client = yield* connect({ host: "127.0.0.1", port })
    client.socket.write(handshake(path))
    const { status } = yield* client.answer
    return status === 101 ? client : yield* Effect.fail(new Error(`the server answered ${status}`))
  })

/** A client's text frame with a short payload, masked with zeros. */
export const textFrame = (text: string): Buffer =>
  Buffer.concat([Buffer.from([0x81, 0x80 | Buffer.byteLength(text), 0, 0, 0, 0]), Buffer.from(text)])

/** A client's Close with a code, masked with zeros. */
export const closeFrame = (code: number): Buffer => Buffer.from([0x88, 0x82, 0, 0, 0, 0, code >> 8, code & 255])
