import websocket from "@fastify/websocket"
import Fastify from "fastify"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { WebSocket } from "ws"

export const run = async () => {
  const fastify = Fastify()
  await fastify.register(websocket, { options: { maxPayload: 1024 } })
  fastify.get("/echo", { websocket: true }, (socket, request) => {
    socket.on("message", (data: Buffer) => socket.send(`${request.headers["x-name"]}: ${data.toString()}`))
  })
  await fastify.listen({ port: 0, host: "127.0.0.1" })
  const { port } = fastify.server.address() as AddressInfo
  const socket = new WebSocket(`ws://127.0.0.1:${port}/echo`, { headers: { "x-name": "Ada" } })
  await once(socket, "open")
  socket.send("Hello")
  const [answer] = await once(socket, "message")
  socket.send("x".repeat(2000))
  const [code] = await once(socket, "close")
  await fastify.close()
  return [String(answer), code]
}

export const expected = ["Ada: Hello", 1009]
