/** Whatever is sent to a server whose first reads are ours: it does what Node's does alone. */
import * as fc from "fast-check"
import { AsyncLocalStorage } from "node:async_hooks"
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import { once } from "node:events"
import { createServer, type IncomingMessage, type Server } from "node:http"
import { type AddressInfo, connect, type Socket } from "node:net"
import { Duplex } from "node:stream"
import { afterAll, describe, expect, it, vi } from "vitest"
import * as NodeUpgradeReader from "../../src/transport/NodeUpgradeReader.ts"

type Options = Parameters<typeof createServer>[0]

const servers: Array<Server> = []

afterAll(() => {
  for (const server of servers) server.close()
})

const listen = async (options: Options = {}): Promise<Server> => {
  const server = createServer(options).listen(0, "127.0.0.1")
  servers.push(server)
  await once(server, "listening")
  return server
}

/** Node 22 cannot tell a field that is called "constructor" from what all objects have. */
const distinct = (request: IncomingMessage): unknown => {
  try {
    return { ...request.headersDistinct }
  } catch (error) {
    return String(error)
  }
}

const shown = (request: IncomingMessage & { upgrade?: boolean }) => {
  const { complete, headers, httpVersion, httpVersionMajor, httpVersionMinor, method, rawHeaders, upgrade, url } =
    request
  const fields = {
    complete,
    headers,
    headersDistinct: distinct(request),
    httpVersion,
    httpVersionMajor,
    httpVersionMinor,
    method,
    rawHeaders,
    upgrade,
    url
  }
  return { ...fields, isOfItsSocket: request.socket === request.connection, isEnded: request.readableEnded }
}

const rest = async (socket: Duplex | IncomingMessage): Promise<string> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString("latin1")
}

/** What a server makes of what one client sends. */
const outcomeOf = async (server: Server, chunks: ReadonlyArray<string>): Promise<ReadonlyArray<unknown>> => {
  const seen: Array<unknown> = []
  const done: Array<Promise<unknown>> = []
  const streams: Array<Duplex | IncomingMessage> = []
  server.removeAllListeners("upgrade").removeAllListeners("request").removeAllListeners("clientError")
  server.on("upgrade", (request, socket, head) => {
    const { readableFlowing } = socket
    streams.push(request, socket)
    const one = ["upgrade", shown(request), { readableFlowing, listeners: socket.eventNames() }]
    done.push(
      Promise.all([rest(socket), rest(request)]).then(([after, body]) => {
        seen.push([...one, head.toString("latin1") + after, body])
        socket.end()
      }, () => {})
    )
  })
  server.on("request", (request, response) => {
    const one = ["request", shown(request)]
    streams.push(request)
    done.push(
      rest(request).then((body) => {
        seen.push([...one, body])
        response.end("Hello")
      }, () => {})
    )
  })
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    seen.push(["clientError", error.code])
    socket.destroy()
  })
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1")
  client.on("error", () => {})
  client.setNoDelay(true)
  for (const chunk of chunks) {
    client.write(chunk, "latin1")
    await new Promise(setImmediate)
  }
  client.end()
  client.resume()
  await once(client, "close")
  await new Promise(setImmediate)
  for (const stream of streams) stream.destroy() // Node 26 does not end requests with a body that it cannot read
  await Promise.all(done)
  return seen
}

const good = "GET /chat?a=1 HTTP/1.1\r\nHost: x:1\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"

/** What is usual comes first, and most often. */
const mostly = (usual: string, ...others: ReadonlyArray<string | undefined>) =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, { weight: 2, arbitrary: fc.constantFrom(...others) })

const further = [
  "Host: again",
  "Connection: upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
  "Cookie: a=1; b=2",
  "cookie: c=3",
  "Set-Cookie: a=1",
  "Content-Length: 3",
  "Content-Length: 0",
  "Transfer-Encoding: chunked",
  "Expect: 100-continue",
  "__proto__: x",
  "constructor: y",
  "X-Empty:",
  "X-Spaces:   two  and more  ",
  "X-Tabs: a\tb",
  "X-Latin: é",
  "X-Folded: a\r\n b",
  "X Bad: name",
  "X-Bad : name",
  "X-Bad: a\x00b",
  "X-Bad: a\x7fb",
  "X-Bad: a\rb",
  ": none",
  "none",
  "X-Line: feed\nHost: smuggled"
]

const request = fc.record({
  line: mostly(
    "GET /a%20b?c=d&e HTTP/1.1",
    "GET /a#b HTTP/1.1",
    "GET /a\"b HTTP/1.1",
    "GET /a\\b HTTP/1.1",
    "GET /é HTTP/1.1",
    "GET /\x01 HTTP/1.1",
    "GET  / HTTP/1.1",
    "GET /  HTTP/1.1",
    "GET / HTTP/1.0",
    "get / HTTP/1.1",
    "POST / HTTP/1.1",
    "GET http://example.com/x HTTP/1.1",
    "OPTIONS * HTTP/1.1",
    "GET /",
    "\r\nGET / HTTP/1.1"
  ),
  host: mostly("Host: example.com:8080", "host:x", "Host: ", undefined),
  connection: mostly(
    "Connection: Upgrade",
    "connection: keep-alive, upgrade",
    "Connection: upgrade, close",
    "Connection: keep-alive",
    undefined
  ),
  upgrade: mostly("Upgrade: websocket", "UPGRADE: WebSocket", "Upgrade: h2c", "Upgrade: websocket, h2c", undefined),
  fields: fc.array(fc.constantFrom(...further), { maxLength: 2 }),
  end: mostly("\r\n\r\n", "\r\n", "\n\n", "\n\r\n", ""),
  body: fc.constantFrom("", "abc", "\x81\x80\x00\x00\x00\x00", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
  cuts: fc.oneof(fc.constant([]), fc.array(fc.nat(200), { maxLength: 2 }))
})

const cut = (text: string, at: ReadonlyArray<number>): ReadonlyArray<string> => {
  const ends = [...at.filter((i) => i > 0 && i < text.length).toSorted((a, b) => a - b), text.length]
  return ends.map((end, i) => text.slice(ends[i - 1] ?? 0, end)).filter((chunk) => chunk !== "")
}

describe("a server whose first reads are ours", () => {
  it("gives the same requests to upgrade as Node's, and leaves all else to it", async () => {
    const [own, plain] = [await listen(), await listen()]
    NodeUpgradeReader.readOn(own)
    await fc.assert(
      fc.asyncProperty(request, async ({ body, connection, cuts, end, fields, host, line, upgrade }) => {
        const lines = [line, host, upgrade, connection, ...fields].filter((line) => line !== undefined)
        const chunks = cut(lines.join("\r\n") + end + body, cuts)
        expect(await outcomeOf(own, chunks)).toEqual(await outcomeOf(plain, chunks))
      }),
      { numRuns: 1000, timeout: 10_000, endOnFailure: true }
    )
  })

  it.each([
    ["a small maxHeaderSize", { maxHeaderSize: 60 }],
    ["a maxHeaderSize that it fits in", { maxHeaderSize: 200 }]
  ])("heeds %s", async (_, options) => {
    const [own, plain] = [await listen(options), await listen(options)]
    NodeUpgradeReader.readOn(own)
    const outcome = await outcomeOf(own, [`${good}\r\n`])
    expect(outcome).toHaveLength(1)
    expect(outcome).toEqual(await outcomeOf(plain, [`${good}\r\n`]))
  })

  it("heeds maxHeadersCount", async () => {
    const [own, plain] = [await listen(), await listen()]
    own.maxHeadersCount = plain.maxHeadersCount = 3
    NodeUpgradeReader.readOn(own)
    const more = [`${good}Sec-WebSocket-Version: 13\r\n\r\n`]
    expect(await outcomeOf(own, more)).toEqual(await outcomeOf(plain, more))
  })

  it("leaves a head of very many fields to Node's, which cuts it", async () => {
    const [own, plain] = [await listen(), await listen()]
    NodeUpgradeReader.readOn(own)
    const many = Array.from({ length: 1200 }, (_, i) => `x${i}:1\r\n`).join("")
    const outcome = await outcomeOf(own, [`${good}${many}\r\n`])
    expect(outcome).toHaveLength(1)
    expect(outcome).toEqual(await outcomeOf(plain, [`${good}${many}\r\n`]))
  })

  it.each(["on", "prependOnceListener"] as const)(
    "leaves connections to Node's from the start that the program reads, so that it reads what it would read: by %s",
    async (way) => {
      const reads: Array<string> = []
      for (const read of [NodeUpgradeReader.readOn, () => {}]) {
        const server = await listen()
        read(server)
        let bytes = ""
        server[way]("connection", (socket: Socket) => socket.on("data", (chunk) => bytes += chunk))
        server.on("request", (_request, response) => response.end("Hello"))
        const client = connect((server.address() as AddressInfo).port, "127.0.0.1")
        client.resume().end("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await once(client, "close")
        reads.push(bytes)
      }
      expect(reads[0]).toBe(reads[1])
    }
  )

  it("leaves connections to Node's from the start if it has a time-out for those who say nothing", async () => {
    const server = await listen()
    NodeUpgradeReader.readOn(server)
    server.setTimeout(20)
    const [socket] = await silent(server)
    expect(socket).toHaveProperty("parser.socket", socket)
    await new Promise((resolve) => socket.once("close", resolve))
  })

  it.each([
    ["a second", {}, 1000],
    ["a tenth of its own time-out", { headersTimeout: 500, requestTimeout: 500 }, 50]
  ])("leaves to the HTTP server who said nothing for %s, again and again", async (_, options, patience) => {
    vi.useFakeTimers({ toFake: ["setTimeout"] })
    try {
      const server = await listen(options)
      NodeUpgradeReader.readOn(server)
      for (let times = 0; times < 2; times++) {
        const [socket, client] = await silent(server)
        vi.advanceTimersByTime(patience - 1)
        expect(socket).not.toHaveProperty("parser.socket")
        vi.advanceTimersByTime(1)
        expect(socket).toHaveProperty("parser.socket", socket)
        client.write(`${good}\r\nabc`)
        const [request, , head] = await once(server, "upgrade") as [IncomingMessage, Duplex, Buffer]
        expect([request.url, head.toString()]).toEqual(["/chat?a=1", "abc"])
        client.destroy()
      }
    } finally {
      vi.useRealTimers()
    }
  })

  it("ends who ends without a word", async () => {
    const server = await listen()
    NodeUpgradeReader.readOn(server)
    const [socket, client] = await silent(server)
    client.end()
    client.resume()
    await once(client, "close")
    expect(socket.writableEnded).toBe(true)
  })

  it("tells of a client that was reset", async () => {
    const server = await listen()
    NodeUpgradeReader.readOn(server)
    const [socket, client] = await silent(server)
    client.resetAndDestroy()
    const [error, failed] = await once(server, "clientError") as [NodeJS.ErrnoException, Socket]
    expect([error.code, failed === socket]).toEqual(["ECONNRESET", true])
    const [next, other] = await silent(server)
    server.removeAllListeners("clientError")
    other.resetAndDestroy()
    await new Promise((resolve) => next.once("close", resolve))
  })

  it.each([
    ["in one read", [`${good}\r\n`]],
    ["in two reads", [good, "\r\n"]]
  ])(
    "tells of a request that comes %s in the context in which the connection came, as Node's does",
    async (_, chunks) => {
      const context = new AsyncLocalStorage<string>()
      const contexts: Array<string | undefined> = []
      for (const read of [NodeUpgradeReader.readOn, () => {}]) {
        const server = createServer()
        servers.push(server)
        read(server)
        const told = new Promise<string | undefined>((resolve) =>
          server.on("upgrade", () => resolve(context.getStore()))
        )
        await context.run("of the listening", () => once(server.listen(0, "127.0.0.1"), "listening"))
        const client = connect((server.address() as AddressInfo).port, "127.0.0.1")
        client.setNoDelay(true)
        for (const chunk of chunks) {
          client.write(chunk)
          await new Promise(setImmediate)
        }
        contexts.push(await told)
        client.destroy()
      }
      const [ours, nodes] = contexts
      expect([nodes, "of the listening"]).toContain(ours) // Node 22 has none
    }
  )

  it("tells of a stream that fails at its end, as Node's does", async () => {
    const [own, plain] = [createServer(), createServer()]
    NodeUpgradeReader.readOn(own)
    for (const server of [own, plain]) {
      const stream = new Duplex({
        read: () => {},
        write: (_chunk, _encoding, done) => done(),
        final: (done) => done(refused)
      })
      const refused = new Error("no end")
      const told = once(server, "clientError")
      server.emit("connection", stream)
      stream.push(null)
      expect(await told).toEqual([refused, stream])
    }
  })

  it("closes with all connections who has said nothing", async () => {
    const server = await listen()
    NodeUpgradeReader.readOn(server)
    const [socket] = await silent(server)
    server.closeAllConnections()
    expect(socket.destroyed).toBe(true)
  })

  it("takes nothing more when it is retired", async () => {
    const server = await listen()
    const retire = NodeUpgradeReader.readOn(server)
    const [before] = await silent(server)
    retire()
    const [after] = await silent(server)
    for (const socket of [before, after]) expect(socket).toHaveProperty("parser.socket", socket)
    server.closeAllConnections()
    await Promise.all([before, after].map((socket) => once(socket, "close")))
  })
})

/** A client that has connected, and said nothing: both ends. Not by `connection`: who listens to that is told by Node's. */
const silent = async (server: Server): Promise<[socket: Socket, client: Socket]> => {
  const accepted = Promise.withResolvers<Socket>()
  const onSocket = (message: unknown) => accepted.resolve((message as { readonly socket: Socket }).socket)
  subscribe("net.server.socket", onSocket)
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1")
  client.on("error", () => {})
  const [socket] = await Promise.all([accepted.promise, once(client, "connect")])
  unsubscribe("net.server.socket", onSocket)
  return [socket, client]
}
