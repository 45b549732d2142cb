import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Socket } from "node:net"
import { reasonFor } from "../client/Failure.ts"
import * as RawServer from "../client/RawServer.ts"
import * as Faces from "./Faces.ts"

/** Writes for as long as anybody takes it. */
const endlessly = (socket: Socket, text: string): void => {
  const more = () => {
    while (socket.writable && socket.write(text));
  }
  socket.on("drain", more)
  more()
}

interface Attack {
  readonly answer: (request: RawServer.Request) => void
  /** The tag of the reason in the Effect face. */
  readonly tag: string
}

const write = (text: (request: RawServer.Request) => string): Attack["answer"] => (request) =>
  request.socket.write(text(request))

const attacks: Readonly<Record<string, Attack>> = {
  "octets before its 101": {
    answer: write((request) => `\x81\x05Hello${RawServer.acceptance(request)}`),
    tag: "TransportError"
  },
  "a frame instead of an answer": { answer: ({ socket }) => socket.write(Buffer.of(0x81, 0)), tag: "TransportError" },
  "two lengths with its 403": {
    answer: write(() => "HTTP/1.1 403 No\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
    tag: "TransportError"
  },
  "a head without end": {
    answer: ({ socket }) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\n")
      endlessly(socket, `X-More: ${"x".repeat(1000)}\r\n`)
    },
    tag: "TransportError"
  },
  "a line without end": { answer: ({ socket }) => endlessly(socket, "x".repeat(1000)), tag: "TransportError" },
  "informational answers without end": {
    answer: ({ socket }) => endlessly(socket, "HTTP/1.1 103 Early Hints\r\n\r\n"),
    tag: "TimeoutError"
  },
  "a 101 that comes with 200": {
    answer: write(() => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    tag: "HandshakeError"
  },
  "another answer's accept": {
    answer: write((request) =>
      RawServer.acceptance(request, { "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" })
    ),
    tag: "HandshakeError"
  },
  "the right accept in small letters": {
    answer: write((request) =>
      RawServer.acceptance(request).replace(/(?<=Accept: ).*/, (accept) => accept.toLowerCase())
    ),
    tag: "HandshakeError"
  },
  "the right accept and more": {
    answer: write((request) => RawServer.acceptance(request).replace(/(?<=Accept: ).*/, "$&, x")),
    tag: "HandshakeError"
  },
  "an upgrade to HTTP/2": {
    answer: write((request) => RawServer.acceptance(request, { "Upgrade": "h2c" })),
    tag: "HandshakeError"
  },
  "an extension that nobody asked for": {
    answer: write((request) => RawServer.acceptance(request, { "Sec-WebSocket-Extensions": "x-evil" })),
    tag: "HandshakeError"
  },
  "a subprotocol that nobody asked for": {
    answer: write((request) => RawServer.acceptance(request, { "Sec-WebSocket-Protocol": "evil" })),
    tag: "HandshakeError"
  }
}

describe("a server that sends", () => {
  for (const [does, { answer, tag }] of Object.entries(attacks)) {
    const options = { handshakeTimeout: tag === "TimeoutError" ? 200 : 10_000 }

    it.live(`${does} gets no connection, and its socket is dropped`, () =>
      Effect.gen(function*() {
        const { deserted, url } = yield* RawServer.start(answer)
        assert.strictEqual((yield* reasonFor(url, options))._tag, tag)
        yield* deserted
      }))

    it.live(`${does} gets no connection, by the face of ws`, () =>
      Effect.gen(function*() {
        const { deserted, url } = yield* RawServer.start(answer)
        const { closed, errors } = yield* Faces.compatClient(url, options)
        yield* closed
        assert.lengthOf(errors, 1)
        yield* deserted
      }))
  }
})
