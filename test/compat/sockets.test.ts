/** Sockets in the hands of programs: those that they kept, memory that they use again, and processes that exit. As with ws. */
import { execFile } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { duplexPair } from "node:stream"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"
import * as ws from "ws"
import { isGone } from "../protocol/Garbage.ts"
import { type Implementation, load } from "./differential/Implementation.ts"

interface Both {
  readonly client: ws.WebSocket
  readonly accepted: ws.WebSocket
  /** The server's socket, as a program has it that listens to `connection` of its HTTP server. */
  readonly socket: Socket
}

const connect = async (serving: Implementation, connecting: Implementation): Promise<Both> => {
  const http = createServer().listen(0, "localhost")
  await once(http, "listening")
  const server = new serving.WebSocketServer({ server: http })
  const client = new connecting.WebSocket(`ws://localhost:${(http.address() as AddressInfo).port}`)
  const all = [once(http, "connection"), once(server, "connection"), once(client, "open")]
  const [[socket], [accepted]] = await Promise.all(all)
  for (const side of [client, accepted]) side.on("error", () => {})
  http.close()
  return { accepted, client, socket }
}

const sends: Readonly<Record<string, (socket: ws.WebSocket) => void>> = {
  "a message": (socket) => socket.send("bye"),
  "a large message": (socket) => socket.send(Buffer.alloc(30_000, "b")),
  "messages": (socket) => ["a", "b", "c"].forEach((message) => socket.send(message)),
  "a Close": (socket) => socket.close(1001, "shutting down"),
  "a message and a Close": (socket) => {
    socket.send("bye")
    socket.close(1001)
  }
}

const ends = ["end", "destroy", "destroySoon", "resetAndDestroy"] as const

const endAfter = async (
  connecting: Implementation,
  serving: Implementation,
  end: (typeof ends)[number],
  what: string
) => {
  const { accepted, client, socket } = await connect(serving, connecting)
  const seen: Array<unknown> = []
  client.on("message", (data) => seen.push((data as Buffer).length))
  const closed = Promise.all([once(client, "close"), once(accepted, "close")])
  client.addEventListener("close", ({ code, reason, wasClean }) => seen.push([code, reason, wasClean]))
  sends[what](accepted)
  socket[end]()
  await closed
  return seen
}

describe.each(ends)("a socket that is kept and told to %s, after", (end) => {
  it.each(Object.keys(sends))("%s", async (what) => {
    const compat = await load("compat")
    const expected = await endAfter(ws, ws, end, what)
    expect(await endAfter(ws, compat, end, what)).toEqual(expected)
    expect(await endAfter(compat, ws, end, what)).toEqual(expected)
  })
})

type Live = ws.WebSocket & { readonly _socket: Socket }

/** What becomes of a connection, by its own side or by the peer. */
const fates: Readonly<Record<string, (own: Live, peer: Live) => void>> = {
  "a message and a Close come": (_, peer) => {
    peer.send("bye")
    peer.close(4000)
  },
  "the peer ends": (_, peer) => peer._socket.end(),
  "the peer resets": (_, peer) => peer._socket.resetAndDestroy(),
  "it is terminated": (own) => own.terminate(),
  "it is closed": (own) => own.close(),
  "an error is emitted on its socket": (own) => own._socket.emit("error", new Error("on purpose"))
}

/** What a program hears that listens to the socket as well, from the first moment on, and in which state. */
const overhear = async ({ WebSocket, WebSocketServer }: Implementation, side: string, fate: string) => {
  const server: ws.WebSocketServer = new WebSocketServer({ port: 0, host: "localhost" })
  await once(server, "listening")
  const client = new WebSocket(`ws://localhost:${(server.address() as AddressInfo).port}`)
  const seen: Array<unknown> = []
  const listen = (own: Live) => {
    const note = (what: string) => () => void seen.push([what, own.readyState])
    for (const event of ["data", "end", "error", "close"]) own._socket.on(event, note(`socket ${event}`))
    for (const event of ["message", "close"]) own.on(event, note(event))
  }
  client.on("open", () => side === "client" && listen(client as Live))
  server.on("connection", (accepted) => side === "accepted" && listen(accepted as Live))
  const [[accepted]] = await Promise.all([once(server, "connection"), once(client, "open")])
  const [own, peer] = side === "client" ? [client as Live, accepted] : [accepted, client as Live]
  const closed = [own, own._socket].map((one) => new Promise((resolve) => one.once("close", resolve)))
  fates[fate](own, peer)
  await Promise.all(closed)
  peer.terminate()
  server.close()
  return seen
}

const sides = ["client", "accepted"] as const

describe.each(sides)("the socket of the side %s tells its WebSocket first,", (side) => {
  it.each(Object.keys(fates))("when %s", async (fate) => {
    const expected = await overhear(ws, side, fate)
    expect(expected.length).toBeGreaterThan(1)
    expect(await overhear(await load("compat"), side, fate)).toEqual(expected)
  })
})

describe.each(sides)("memory that is used again as soon as send returns, by the side %s", (side) => {
  it.each([10, 8_192, 20_000, 65_535, 65_536, 70_000])("%i octets", async (size) => {
    const compat = await load("compat")
    const both = await (side === "client" ? connect(ws, compat) : connect(compat, ws))
    const peer = both[side === "client" ? "accepted" : "client"]
    const seen: Array<number> = []
    const whole = new Promise<void>((resolve) => {
      peer.on("message", (data: Buffer) => seen.push(data[0], data.at(-1)!) === 6 && resolve())
    })
    const memory = Buffer.alloc(size)
    for (const octet of [1, 2, 3]) both[side].send(memory.fill(octet))
    memory.fill(9)
    await whole
    peer.terminate()
    expect(seen).toEqual([1, 1, 2, 2, 3, 3])
  })
})

/** What becomes of a stream that tells of an error, and does not destroy itself. */
const failing = async ({ WebSocket }: Implementation): Promise<ReadonlyArray<unknown>> => {
  const [own, other] = duplexPair({ autoDestroy: false })
  const server = new ws.WebSocketServer({ noServer: true })
  other.once("data", (head: Buffer) => {
    const headers = Object.fromEntries(head.toString().split("\r\n").map((line) => line.toLowerCase().split(": ")))
    const key = /^sec-websocket-key: (.*)\r$/im.exec(head.toString())?.[1]
    const request = { method: "GET", headers: { ...headers, "sec-websocket-key": key } }
    server.handleUpgrade(request as never, other, Buffer.alloc(0), () => {})
  })
  const client = new WebSocket("ws://some.test", { createConnection: (() => own) as never })
  const seen: Array<unknown> = []
  client.on("error", (error) => seen.push(error.message))
  await once(client, "open")
  own.emit("error", new Error("broken"))
  const [code] = await once(client, "close")
  return [...seen, code, own.destroyed]
}

it("a stream that tells of an error is of no more use, also if it does not destroy itself", async () => {
  const expected = await failing(ws)
  expect(await failing(await load("compat"))).toEqual(expected)
})

describe("a port that is a path", () => {
  it("is listened at, as of servers whose host gives them a named pipe", async () => {
    const { WebSocket, WebSocketServer } = await load("compat")
    const path = join(tmpdir(), `effect-ws-${process.pid}.sock`)
    const server = new WebSocketServer({ port: path as never })
    await once(server, "listening")
    expect(server.address()).toBe(path)
    const urls: Array<string | undefined> = []
    server.on("connection", (_, request) => urls.push(request.url))
    for (const at of ["", ":", ":/a", ":/a:b?c=d:e"]) await once(new WebSocket(`ws+unix:${path}${at}`), "open")
    for (const client of server.clients) client.terminate()
    server.close()
    expect(urls).toEqual(["/", "/", "/a", "/a:b?c=d:e"])
  })
})

/** What ws does not document, and programs read. */
const undocumented = [
  "_closeCode",
  "_closeFrameReceived",
  "_closeFrameSent",
  "_closeMessage",
  "_isServer",
  "_protocol",
  "_readyState",
  "_req"
] as const

const readThrough = async (implementation: Implementation, act: (both: Both) => void): Promise<unknown> => {
  const both = await connect(implementation, implementation)
  const sides = [both.client, both.accepted]
  const read = () => sides.map((side) => undocumented.map((name) => Reflect.get(side, name) ?? null))
  const closed = Promise.all(sides.map((side) => once(side, "close")))
  const open = read()
  act(both)
  await closed
  return [open, read()]
}

describe("what ws does not document", () => {
  const acts: Readonly<Record<string, (both: Both) => void>> = {
    "a Close": ({ client }) => client.close(4000, "bye"),
    "an empty Close": ({ accepted }) => accepted.close(),
    "no Close": ({ accepted }) => accepted.terminate()
  }
  it.each(Object.keys(acts))("is the same before and after %s", async (what) => {
    const expected = await readThrough(await load("ws"), acts[what])
    expect(await readThrough(await load("compat"), acts[what])).toEqual(expected)
  })
})

describe("a socket that is kept", () => {
  it("does not keep its WebSocket when it is closed", async () => {
    const { WebSocket, WebSocketServer } = await load("compat")
    const server = new WebSocketServer({ port: 0, host: "localhost" })
    await once(server, "listening")
    const client = new WebSocket(`ws://localhost:${(server.address() as AddressInfo).port}`)
    const accepted = once(server, "connection").then(([websocket]) => ({
      reference: new WeakRef<object>(websocket),
      socket: (websocket as { readonly _socket: Socket })._socket
    }))
    await once(client, "open")
    const { reference, socket } = await accepted
    const closed = once(socket, "close")
    client.close()
    await closed
    server.close()
    expect(await isGone(reference)).toBe(true)
    expect(socket.destroyed).toBe(true)
  })
})

describe("a socket on which the handshake is done", () => {
  it("has as many listeners to its end and errors as with ws", async () => {
    const counts = await Promise.all((["ws", "compat"] as const).map(async (name) => {
      const library = await load(name)
      const { accepted, client, socket } = await connect(library, library)
      const count = ["error", "end", "close", "data"].map((event) => socket.listenerCount(event))
      client.terminate()
      await Promise.all([once(client, "close"), once(accepted, "close")])
      return count
    }))
    expect(counts[1]).toEqual(counts[0])
  })
})

describe("sockets of compat", () => {
  it("have one listener to the process's exit among them, until the last is closed", async () => {
    const before = process.listeners("exit")
    const implementation = await load("compat")
    const both = [await connect(implementation, implementation), await connect(implementation, implementation)]
    expect(process.listenerCount("exit")).toBe(before.length + 1)
    for (const { accepted, client } of both) {
      expect(process.listenerCount("exit")).toBe(before.length + 1)
      const closed = [client, accepted].map((side) => once(side, "close"))
      client.close()
      await Promise.all(closed)
    }
    expect(process.listeners("exit")).toEqual(before)
  })

  it("tell what was left in them when nothing can be sent any more", async () => {
    const implementation = await load("compat")
    const { accepted, client, socket } = await connect(implementation, implementation)
    const seen: Array<unknown> = []
    accepted.on("message", (data) => seen.push([String(data), accepted.readyState]))
    accepted.pause()
    client.send("left")
    while (socket.readableLength === 0) await new Promise(setImmediate)
    const closed = once(accepted, "close")
    socket.destroy()
    await closed
    expect(seen).toEqual([["left", accepted.CLOSING]])
  })

  it("call back once for frames that are sent by hand, also if these are the same", async () => {
    const implementation = await load("compat")
    const { accepted, client } = await connect(implementation, implementation)
    const got: Array<string> = []
    client.on("message", (data) => got.push(String(data)))
    const sender = Reflect.get(accepted, "_sender") as { sendFrame(list: Array<Buffer>, done: () => void): void }
    const frame = Buffer.from([0x81, 1, 0x61])
    let times = 0
    sender.sendFrame([frame, frame], () => times++)
    const closed = once(client, "close")
    accepted.close()
    await closed
    expect([times, got]).toEqual([1, ["a", "a"]])
  })
})

const root = fileURLToPath(new URL("../..", import.meta.url))

/** Says goodbye in the turn in which it exits. */
const leaving = (url: string, exit: string) => `
  import { WebSocket } from "effect-ws/compat"
  const socket = new WebSocket(${JSON.stringify(url)})
  socket.on("open", () => {
    socket.send("bye")
    socket.close(4000, "exit")
    ${exit}
  })
`

describe("a process that exits in the turn in which it sends", () => {
  it.each(["process.exit()", "throw new Error('on purpose')"])("by %s has sent it", async (exit) => {
    const server = new ws.WebSocketServer({ port: 0, host: "localhost" })
    await once(server, "listening")
    const seen: Array<unknown> = []
    const closed = new Promise<void>((resolve) => {
      server.on("connection", (socket) => {
        socket.on("message", (data) => seen.push((data as Buffer).toString()))
        socket.on("close", (code, reason) => resolve(void seen.push(code, reason.toString())))
      })
    })
    const program = leaving(`ws://localhost:${(server.address() as AddressInfo).port}`, exit)
    const args = ["--conditions=effect-ws-source", "--input-type=module", "--eval", program]
    await promisify(execFile)(process.execPath, args, { cwd: root }).catch(() => {})
    await closed
    server.close()
    expect(seen).toEqual(["bye", 4000, "exit"])
  })
})

/** Who is asked to drop a socket that a program had prepared before it was upgraded. */
const prepared = async ({ WebSocketServer }: Implementation) => {
  const http = createServer().listen(0, "localhost")
  const server: ws.WebSocketServer = new WebSocketServer({ noServer: true })
  const seen: Array<string> = []
  await once(http, "listening")
  const closed = new Promise((resolve) =>
    http.on("upgrade", (request, socket, head) => {
      const { destroy } = socket
      socket.destroy = (...given) => {
        seen.push("destroy")
        return destroy.apply(socket, given)
      }
      server.handleUpgrade(request, socket, head, (accepted) => accepted.on("close", resolve).terminate())
    })
  )
  const client = new ws.WebSocket(`ws://localhost:${(http.address() as AddressInfo).port}`)
  await Promise.all([closed, once(client, "close")])
  http.close()
  return seen[0]
}

describe("a socket that a program has put a method on", () => {
  it("keeps it", async () => {
    expect(await prepared(ws)).toBe("destroy")
    expect(await prepared(await load("compat"))).toBe("destroy")
  })
})

/** What a client is told that gives each event a turn of its own, and drops the connection at the first of three. */
const turns = async (implementation: Implementation) => {
  const server = new ws.WebSocketServer({ port: 0, host: "localhost" })
  await once(server, "listening")
  server.on("connection", (_, { socket }) => socket.write(Buffer.from([0x81, 1, 0x31, 0x81, 1, 0x32, 0x81, 1, 0x33])))
  const client = new implementation.WebSocket(`ws://localhost:${(server.address() as AddressInfo).port}`, {
    allowSynchronousEvents: false
  } as ws.ClientOptions)
  const seen: Array<string> = []
  client.on("message", (data) => seen.push(String(data))).once("message", () => client.terminate())
  await once(client.on("close", () => seen.push("close")), "close")
  for (let times = 0; times < 10; times++) await new Promise(setImmediate)
  server.close()
  return seen
}

describe("a client that gives each event a turn of its own", () => {
  it("tells of what was read before it tells of the end", async () => {
    const expected = await turns(ws)
    expect(expected).toEqual(["1", "2", "3", "close"])
    expect(await turns(await load("compat"))).toEqual(expected)
  })
})
