import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Server } from "socket.io"
import { io, type Socket } from "socket.io-client"

const http = createServer()
const server = new Server(http, { perMessageDeflate: { threshold: 0 } })

server.on("connection", (socket) => {
  socket.on("echo", (data, answer) => answer(data))
  socket.on("join", async (room, answer) => {
    await socket.join(room)
    answer("joined")
  })
  socket.on("say", (room, text) => server.to(room).emit("said", text))
})

const connect = async (options: object): Promise<Socket> => {
  const socket = io(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, { forceNew: true, ...options })
  await new Promise<void>((resolve) => socket.once("connect", resolve))
  return socket
}

const heard = (socket: Socket) => new Promise<string>((resolve) => socket.once("said", resolve))

export const run = async () => {
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve))
  const ada = await connect({ transports: ["websocket"] })
  const bob = await connect({})
  if (bob.io.engine.transport.name !== "websocket") {
    await new Promise<void>((resolve) => bob.io.engine.once("upgrade", () => resolve()))
  }
  const echoed = await ada.emitWithAck("echo", { text: "é".repeat(3000), bytes: Buffer.from([1, 2, 3]) })
  await Promise.all([ada.emitWithAck("join", "room"), bob.emitWithAck("join", "room")])
  const all = Promise.all([heard(ada), heard(bob)])
  ada.emit("say", "room", "Hello")
  const result = [echoed.text.length, [...echoed.bytes], await all, bob.io.engine.transport.name]
  ada.close()
  bob.close()
  await server.close()
  return result
}

export const expected = [3000, [1, 2, 3], ["Hello", "Hello"], "websocket"]
