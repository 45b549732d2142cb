import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Server } from "socket.io"
import { io, type ManagerOptions, type Socket } from "socket.io-client"

const picture = Buffer.alloc(100_000, 7)

const serve = (server: Server) =>
  server.on("connection", (socket) => {
    socket.on("echo", (data, answer) => answer(data))
    socket.on("join", async (room, answer) => {
      await socket.join(room)
      answer("joined")
    })
    socket.on("say", (room, text) => server.to(room).emit("said", text))
  })

/** A client that hears everything, and answers when it is asked for its name. */
const connect = async (url: string, name: string, options: Partial<ManagerOptions>) => {
  const socket = io(url, { forceNew: true, ...options })
  const heard: Array<unknown> = []
  socket.on("said", (text) => heard.push(text))
  socket.on("picture", (octets) => heard.push(picture.equals(octets)))
  socket.on("name?", (answer) => answer(name))
  socket.on("disconnect", (reason) => heard.push(reason))
  await new Promise<void>((resolve) => socket.once("connect", resolve))
  const { engine } = socket.io
  if (engine.transport.name !== "websocket") {
    await new Promise<void>((resolve) => engine.once("upgrade", () => resolve()))
  }
  return { heard, socket }
}

const extensionsOf = ({ io }: Socket) => (io.engine.transport as unknown as { ws: WebSocket }).ws.extensions

/** With permessage-deflate each client gets a message of its own, without it all get the same frame. */
const talk = async (perMessageDeflate: false | { readonly threshold: number }) => {
  const http = createServer().listen(0, "127.0.0.1")
  await once(http, "listening")
  const server = new Server(http, { perMessageDeflate })
  serve(server)
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const ada = await connect(url, "Ada", { transports: ["websocket"] })
  const bob = await connect(url, "Bob", {})
  const echoed = await ada.socket.emitWithAck("echo", { text: "é".repeat(3000), bytes: Buffer.from([1, 2, 3]) })
  for (const { socket } of [ada, bob]) await socket.emitWithAck("join", "room")
  ada.socket.emit("say", "room", "Hello")
  await ada.socket.emitWithAck("echo", "until then")
  server.emit("picture", picture)
  const names = await server.timeout(10_000).emitWithAck("name?")
  const extensions = [ada, bob].map(({ socket }) => extensionsOf(socket))
  const gone = [ada, bob].map(({ socket }) => new Promise((resolve) => socket.once("disconnect", resolve)))
  bob.socket.close()
  server.disconnectSockets()
  await Promise.all(gone)
  await server.close()
  return [echoed.text.length, [...echoed.bytes], names.toSorted(), extensions, ada.heard, bob.heard]
}

export const run = async () => [await talk(false), await talk({ threshold: 0 })]

const talked = (extension: string) => [
  3000,
  [1, 2, 3],
  ["Ada", "Bob"],
  [extension, extension],
  ["Hello", true, "io server disconnect"],
  ["Hello", true, "io client disconnect"]
]

export const expected = [talked(""), talked("permessage-deflate")]
export const users = ["engine.io", "engine.io-client", "socket.io-adapter"]
