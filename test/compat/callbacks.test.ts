/** What becomes of what was sent when a connection breaks: callbacks in the order of the calls, and before "close". */
import { AsyncLocalStorage } from "node:async_hooks"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import type { AddressInfo, Socket } from "node:net"
import { describe, expect, it, vi } from "vitest"
import * as ws from "ws"
import { type Implementation, load } from "./differential/Implementation.ts"

type Live = ws.WebSocket & { readonly _socket: Socket }

const roles = ["client", "server"] as const

const options = { perMessageDeflate: { threshold: 0 }, closeTimeout: 100 }

/** What zlib cannot do at once. */
const slow = randomBytes(1_000_000)

/** More than sockets hold. */
const huge = Buffer.alloc(16_000_000)

/** One side's WebSocket of an implementation, and the one of ws on the other side. */
const facing = async (
  implementation: Implementation,
  role: (typeof roles)[number],
  settings: ws.ServerOptions & ws.ClientOptions = options
): Promise<[Live, Live]> => {
  const [serving, connecting] = role === "client" ? [ws, implementation] : [implementation, ws]
  const server = new serving.WebSocketServer({ ...settings, port: 0, host: "localhost" })
  await once(server, "listening")
  const client = new connecting.WebSocket(`ws://localhost:${(server.address() as AddressInfo).port}`, settings)
  const [[accepted]] = await Promise.all([once(server, "connection"), once(client, "open")])
  for (const socket of [client, accepted]) socket.on("error", () => {})
  server.close()
  return role === "client" ? [client as Live, accepted] : [accepted, client as Live]
}

/** Sends messages of which the first takes its time, and notes what is called. */
const send = (socket: Live, messages: ReadonlyArray<string | Buffer>): ReadonlyArray<unknown> => {
  const seen: Array<unknown> = []
  messages.forEach((message, n) => socket.send(message, (error) => seen.push([n, error?.message])))
  socket.ping("?", undefined, (error) => seen.push(["ping", error?.message]))
  socket.on("close", (code) => seen.push(["close", code, socket.bufferedAmount]))
  return seen
}

const breaks: Readonly<Record<string, (socket: Live) => void>> = {
  "is terminated": (socket) => socket.terminate(),
  "loses its socket": (socket) => void socket._socket.destroy(),
  "has a socket that fails": (socket) => void socket._socket.destroy(new Error("broken"))
}

/** The peer closes while an answer to its last message is compressed, and more is sent. */
const answerTooLate = async ([socket, peer]: [Live, Live]): Promise<ReadonlyArray<unknown>> => {
  const seen: Array<unknown> = []
  const note = (name: string) => (error?: Error | null) => void seen.push([name, error?.message])
  socket.on("message", () => {
    socket.send(slow, note("slow"))
    setImmediate(() => {
      seen.push(socket.readyState)
      socket.send("late", note("late"))
    })
  })
  peer._socket.cork() // for both to come in one read
  peer.send("last", { compress: false })
  peer.close(4000)
  peer._socket.uncork()
  seen.push((await once(socket, "close"))[0])
  return seen
}

it.each(roles)("a %s whose peer closes while a message is compressed takes nothing more, as in ws", async (role) => {
  const patient = { ...options, closeTimeout: 30_000 } // compressing may take its time
  const expected = await answerTooLate(await facing(ws, role, patient))
  expect(expected[0]).toBe(2)
  expect(await answerTooLate(await facing(await load("compat"), role, patient))).toEqual(expected)
})

/** The socket goes while a message that came over it is decompressed. */
const loseSocket = async ([socket, peer]: [Live, Live]): Promise<ReadonlyArray<unknown>> => {
  const seen: Array<unknown> = []
  socket.on("message", (data: Buffer) => seen.push(["message", data.length, socket.readyState]))
  socket.on("close", (code) => seen.push(["close", code, socket.readyState]))
  const [read, written] = [socket._socket.bytesRead, peer._socket.bytesWritten]
  await new Promise((resolve) => peer.send(slow, resolve))
  const size = peer._socket.bytesWritten - written
  while (socket._socket.bytesRead - read < size) await new Promise(setImmediate)
  socket._socket.destroy()
  await once(socket, "close")
  peer.terminate()
  return seen
}

/** The peer, which does not read, resets the connection while a message is on its way. */
const sendInVain = async ([socket, peer]: [Live, Live]): Promise<ReadonlyArray<unknown>> => {
  const seen: Array<unknown> = []
  peer.pause()
  const told = Promise.all([1, 2].map((n) =>
    new Promise<void>((resolve) => {
      socket.send(huge, { compress: false }, (error) =>
        resolve(void seen.push([n, error instanceof Error, socket.readyState])))
    })
  ))
  peer._socket.resetAndDestroy()
  await told
  return seen
}

/** Two messages come in one read; what the first one settles is continued, or is not, before the next. */
const takeTurns = async ([socket, peer]: [Live, Live]): Promise<ReadonlyArray<string>> => {
  const seen: Array<string> = []
  socket.on("message", (data: Buffer) => {
    seen.push(data.toString())
    queueMicrotask(() => seen.push(`after ${data.toString()}`))
  })
  peer._socket.cork()
  for (const message of ["one", "two"]) peer.send(message, { compress: false })
  peer._socket.uncork()
  while (seen.length < 4) await new Promise(setImmediate)
  peer.terminate()
  return seen
}

/** Sends a frame that was made once, as programs do that broadcast. */
const sendMade = async ([socket, peer]: [Live, Live], mask: boolean): Promise<unknown> => {
  const { Sender } = ws as unknown as { readonly Sender: { frame(data: Buffer, options: object): Array<Buffer> } }
  const frame = Sender.frame(Buffer.from("for all"), { fin: true, opcode: 1, rsv1: false, mask, readOnly: false })
  const sender = Reflect.get(socket, "_sender") as { sendFrame(list: Array<Buffer>, done: () => void): void }
  const sent = new Promise<void>((resolve) => sender.sendFrame(frame, resolve))
  const [[data, isBinary]] = await Promise.all([once(peer, "message"), sent])
  peer.terminate()
  return [data.toString(), isBinary]
}

/** What comes before and behind a Blob, such as one of a file that has changed, which cannot be read. */
const sendUnreadable = async (
  [socket, peer]: [Live, Live],
  then: (socket: Live) => void
): Promise<ReadonlyArray<unknown>> => {
  const seen: Array<unknown> = []
  const note = (name: string) => (error?: Error | null) => void seen.push([name, error?.message])
  const blob = new Blob(["abc"])
  blob.arrayBuffer = () => Promise.reject(new Error("unreadable"))
  socket.on("error", (error) => seen.push(["error", error.message, socket.readyState]))
  peer.on("message", (data: Buffer) => seen.push(["message", data.toString()]))
  const closed = Promise.all([socket, peer].map((one) => new Promise((resolve) => one.once("close", resolve))))
  await new Promise((resolve) => socket.send("before", resolve))
  socket.send(blob, note("Blob"))
  socket.send("behind", note("behind"))
  then(socket)
  const codes = await closed
  return [...seen, codes]
}

/** The socket goes while a Blob is being read, which then fails. */
const loseUnreadable = async ([socket]: [Live, Live]): Promise<ReadonlyArray<unknown>> => {
  const seen: Array<unknown> = []
  const blob = new Blob(["abc"])
  const octets = Promise.withResolvers<never>()
  blob.arrayBuffer = () => octets.promise
  const told = new Promise<void>((resolve) => {
    socket.send(blob, () => {
      seen.push("Blob")
      resolve()
    })
  })
  socket.terminate()
  await once(socket, "close")
  octets.reject(new Error("unreadable"))
  await told
  await new Promise(setImmediate)
  return seen
}

/** Two requests, say, send in one turn. The callbacks differ, for Node calls the same one in the first one's context. */
const sendInContexts = async ([socket, peer]: [Live, Live]): Promise<ReadonlyArray<unknown>> => {
  const seen: Array<unknown> = []
  const context = new AsyncLocalStorage<string>()
  const note = () => void seen.push(context.getStore())
  context.run("one", () => socket.send("1", () => note()))
  context.run("two", () => socket.send("2", () => note()))
  await context.run("three", () => new Promise<void>((resolve) => socket.ping("3", undefined, () => resolve(note()))))
  peer.terminate()
  return seen
}

/** When a side gives up that says goodbye, and is answered after so long, or not; the other side does not end. */
const givesUpAfter = async (
  [socket, peer]: [Live, Live],
  limit: number,
  answer?: { readonly bytes: Uint8Array; readonly after: number }
): Promise<number | undefined> => {
  peer._socket.pause()
  const { _socket } = socket
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
  try {
    socket.close(4000)
    let passed = 0
    for (; passed <= limit && !_socket.destroyed; passed++) {
      if (passed === answer?.after) {
        peer._socket.write(answer.bytes)
        await once(_socket, "data")
      }
      vi.advanceTimersByTime(1)
    }
    return _socket.destroyed ? passed : undefined
  } finally {
    vi.useRealTimers()
    socket.terminate()
    peer.terminate()
  }
}

describe.each(roles)("a %s, as with ws,", (role) => {
  it.each([options, {}])("sends on while a program's test fakes microtasks: %j", async (settings) => {
    const [socket, peer] = await facing(await load("compat"), role, settings)
    vi.useFakeTimers({ toFake: ["queueMicrotask"] })
    try {
      const received = once(peer, "message")
      socket.send("something")
      expect(String((await received)[0])).toBe("something")
    } finally {
      vi.useRealTimers()
      peer.terminate()
    }
  })

  it("calls back in the contexts of the calls", async () => {
    expect(await sendInContexts(await facing(ws, role, {}))).toEqual(["one", "two", "three"])
    expect(await sendInContexts(await facing(await load("compat"), role, {}))).toEqual(["one", "two", "three"])
  })

  it.each([["open", () => {}], ["closing", (socket: Live) => socket.close(4000)]] as const)(
    "ends, if it is %s, with a Blob that cannot be read, and tells those who sent what is behind it",
    async (_, then) => {
      const expected = await sendUnreadable(await facing(ws, role), then)
      expect(expected).toContainEqual(["behind", "unreadable"])
      expect(await sendUnreadable(await facing(await load("compat"), role), then)).toEqual(expected)
    }
  )

  it("calls back once for a Blob that cannot be read when its socket is gone", async () => {
    expect(await loseUnreadable(await facing(ws, role))).toEqual(["Blob"])
    expect(await loseUnreadable(await facing(await load("compat"), role))).toEqual(["Blob"])
  })

  it.each([undefined, null, 0, 20])(
    "waits for an answer to its Close as long as closeTimeout %s says",
    async (given) => {
      const settings = { closeTimeout: given } as ws.ServerOptions
      const most = 40
      const expected = await givesUpAfter(await facing(ws, role, settings), most)
      expect(expected).toBe(given || 1)
      expect(await givesUpAfter(await facing(await load("compat"), role, settings), most)).toBe(expected)
    }
  )

  it("waits no longer for the end of TCP, after an answer, than closeTimeout says from its Close", async () => {
    const bytes = role === "server" ? Buffer.of(0x88, 0x82, 0, 0, 0, 0, 0x0f, 0xa0) : Buffer.of(0x88, 2, 0x0f, 0xa0)
    const answer = { after: 15, bytes }
    const settings = { closeTimeout: 20 } as ws.ServerOptions
    const expected = await givesUpAfter(await facing(ws, role, settings), 60, answer)
    expect(expected).toBe(20)
    expect(await givesUpAfter(await facing(await load("compat"), role, settings), 60, answer)).toBe(expected)
  })

  it("still gets what is decompressed when its socket is gone, before the close", async () => {
    const expected = await loseSocket(await facing(ws, role))
    expect(expected).toEqual([["message", slow.length, 2], ["close", 1006, 3]])
    expect(await loseSocket(await facing(await load("compat"), role))).toEqual(expected)
  })

  it.each([true, false, undefined])(
    "has messages wait for their turn or not, as allowSynchronousEvents %s says",
    async (
      allowSynchronousEvents
    ) => {
      const settings = { allowSynchronousEvents }
      const expected = await takeTurns(await facing(ws, role, settings))
      const [, second] = expected
      expect(second).toBe(allowSynchronousEvents === false ? "after one" : "two")
      expect(await takeTurns(await facing(await load("compat"), role, settings))).toEqual(expected)
    }
  )

  it("sends a frame that is made already, and calls back when it is out", async () => {
    const expected = await sendMade(await facing(ws, role), role === "client")
    expect(expected).toEqual(["for all", false])
    expect(await sendMade(await facing(await load("compat"), role), role === "client")).toEqual(expected)
  })
})

describe.each(roles)("a %s that sends more while a message is compressed", (role) => {
  it.each(Object.keys(breaks))("and %s calls back as ws does", async (how) => {
    const play = async (implementation: Implementation) => {
      const [socket, peer] = await facing(implementation, role)
      const seen = send(socket, [slow, "small", "small", slow, "small"])
      breaks[how](socket)
      await once(socket, "close")
      peer.terminate()
      return seen
    }
    const expected = await play(ws)
    expect(expected.map((call) => (call as Array<unknown>)[0])).toEqual([0, 1, 2, 3, 4, "ping", "close"])
    expect(await play(await load("compat"))).toEqual(expected)
  })

  it("calls back in order when its peer, which does not read, ends", async () => {
    const [socket, peer] = await facing(await load("compat"), role)
    peer._socket.pause()
    socket.send(huge, { compress: false })
    const seen = send(socket, ["small", slow, "small"])
    peer._socket.end()
    await once(socket, "close")
    peer.terminate()
    expect(seen).toEqual([
      ...[0, 1, 2, "ping"].map((n) => [n, expect.any(String)]),
      ["close", 1006, expect.any(Number)]
    ])
  })

  it("does not send again within a callback for what failed", async () => {
    const [socket, peer] = await facing(await load("compat"), role)
    const seen: Array<string> = []
    const again = (error?: Error | null): void => {
      if (error) seen.push(error.message)
      if (seen.length === 1) socket.send(slow, again)
    }
    socket.send(slow, again)
    peer._socket.end()
    await once(socket, "close")
    await new Promise(setImmediate)
    peer.terminate()
    expect(seen).toEqual([
      "The socket was closed while data was being compressed",
      "WebSocket is not open: readyState 2 (CLOSING)"
    ])
  })
})

/** What a play notes of a WebSocket: its events, and the callbacks of what it sends. */
class Notes {
  readonly seen: Array<unknown> = []
  readonly socket: Live

  constructor(socket: Live) {
    this.socket = socket
    socket.on("error", (error: NodeJS.ErrnoException) => this.seen.push(["error", error.code]))
    socket.on("close", (code) => this.seen.push(["close", code, socket.readyState]))
  }

  /** The callback of something that is sent. */
  of(name: string): (error?: NodeJS.ErrnoException | null) => void {
    return (error) => this.seen.push([name, error?.code ?? error?.message ?? "sent", this.socket.readyState])
  }

  look(): void {
    this.seen.push([this.socket.readyState, this.socket.bufferedAmount > 0])
  }
}

type Play = (notes: Notes, peer: Live) => Promise<unknown>

/** The peer is there, takes nothing, and says nothing. */
const silences: Readonly<Record<string, Play>> = {
  "is terminated": async (notes, peer) => {
    const { socket } = notes
    peer._socket.pause()
    socket.send(huge, { compress: false }, notes.of("huge"))
    socket.send("small", { compress: false }, notes.of("small"))
    socket.ping("?", undefined, notes.of("ping"))
    await new Promise(setImmediate)
    notes.look()
    socket.terminate()
    socket.send("late", notes.of("late"))
    await once(socket, "close")
  },
  "waits for a close in vain": async (notes, peer) => {
    const { socket } = notes
    peer._socket.pause()
    socket.send(huge, { compress: false }, notes.of("huge"))
    socket.send("small", { compress: false }, notes.of("small"))
    socket.close(1000)
    notes.look()
    socket.send("late", notes.of("late"))
    await once(socket, "close")
  }
}

describe.each(roles)("a %s whose peer is a black hole", (role) => {
  it.each(Object.keys(silences))("and that %s tells what ws does", async (name) => {
    const play = async (implementation: Implementation) => {
      const [socket, peer] = await facing(implementation, role)
      const notes = new Notes(socket)
      await silences[name](notes, peer)
      peer.terminate()
      return notes.seen
    }
    const expected = await play(ws)
    expect(expected[0]).toContain(true)
    expect(expected.at(-1)).toEqual(["close", 1006, 3])
    expect(await play(await load("compat"))).toEqual(expected)
  })
})

describe.each(roles)("a %s whose peer is gone", (role) => {
  /** Which of the two it is depends on how often was written to the socket. */
  const broken = expect.stringMatching(/^(ECONNRESET|EPIPE)$/)

  it.each(["ws", "compat"] as const)("and has reset the connection learns it when it sends, with %s", async (name) => {
    const [socket, peer] = await facing(await load(name), role)
    const notes = new Notes(socket)
    peer._socket.resetAndDestroy()
    for (const message of ["one", "two"]) socket.send(message, { compress: false }, notes.of(message))
    await once(socket, "close")
    expect(notes.seen).toEqual([["one", broken, 1], ["two", broken, 1], ["close", 1006, 3]])
  })

  it("learns it by EPIPE when it sends without having read", async () => {
    const [socket, peer] = await facing(await load("compat"), role)
    const notes = new Notes(socket)
    socket._socket.pause()
    peer._socket.destroy()
    await once(peer, "close")
    for (const message of ["one", "two"]) {
      await new Promise<void>((resolve) =>
        socket.send(message, { compress: false }, (error) => {
          notes.of(message)(error)
          resolve()
        })
      )
    }
    if (socket.readyState !== 3) await once(socket, "close")
    expect(notes.seen).toEqual([["one", "sent", 1], ["two", "EPIPE", 1], ["close", 1006, 3]])
  })
})

it.each(roles)("a %s is not open any more for callbacks that tell of its peer's reset, as in ws", async (role) => {
  const expected = await sendInVain(await facing(ws, role))
  expect(await sendInVain(await facing(await load("compat"), role))).toEqual(expected)
})
