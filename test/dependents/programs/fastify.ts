import websocket from "@fastify/websocket"
import Fastify, { type FastifyReply, type FastifyRequest } from "fastify"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { Readable } from "node:stream"
import { text } from "node:stream/consumers"
import { createWebSocketStream, WebSocket } from "ws"

const chunks = Array.from({ length: 1000 }, () => "x".repeat(1000))

const preValidation = async (_: FastifyRequest, reply: FastifyReply) => reply.code(401).send()

const serve = async () => {
  const fastify = Fastify()
  await fastify.register(websocket, { options: { maxPayload: 1024 } })
  fastify.get("/echo", { websocket: true }, (socket, request) => {
    socket.on("message", (data: Buffer) => socket.send(`${request.headers["x-name"]}: ${data.toString()}`))
  })
  fastify.get("/stream", { websocket: true }, (socket) => {
    Readable.from(chunks).pipe(createWebSocketStream(socket))
  })
  fastify.get("/private", { websocket: true, preValidation }, () => {})
  await fastify.listen({ port: 0, host: "127.0.0.1" })
  return fastify
}

export const run = async () => {
  const fastify = await serve()
  const url = `ws://127.0.0.1:${(fastify.server.address() as AddressInfo).port}`
  const socket = new WebSocket(`${url}/echo`, { headers: { "x-name": "Ada" } })
  await once(socket, "open")
  socket.send("Hello")
  const [answer] = await once(socket, "message")
  socket.send("x".repeat(2000))
  const [code] = await once(socket, "close")
  const { length } = await text(createWebSocketStream(new WebSocket(`${url}/stream`)))
  const [refusal] = await once(new WebSocket(`${url}/private`), "error")
  const injected = await fastify.injectWS("/echo", { headers: { "x-name": "Bob" } })
  injected.send("without TCP")
  const [injectedAnswer] = await once(injected, "message")
  injected.terminate()
  await fastify.close()
  return [String(answer), code, length, refusal.message, String(injectedAnswer)]
}

export const expected = [
  "Ada: Hello",
  1009,
  1_000_000,
  "Unexpected server response: 401",
  "Bob: without TCP"
]

export const users = ["@fastify/websocket", "the program"]
