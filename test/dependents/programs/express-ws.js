import express from "express"
import expressWs from "express-ws"
import { once } from "node:events"
import { WebSocket } from "ws"

export const run = async () => {
  const { app } = expressWs(express())
  app.use((request, _response, next) => {
    Object.assign(request, { user: "Ada" })
    next()
  })
  app.get("/", (_request, response) => {
    response.send("plain HTTP")
  })
  app.ws("/echo/:name", (socket, request) => {
    const { user } = request
    socket.on("message", (text) => socket.send(`${user}, ${request.params.name}: ${String(text)}`))
  })
  const server = app.listen(0)
  await once(server, "listening")
  const { port } = server.address()
  const socket = new WebSocket(`ws://127.0.0.1:${port}/echo/Bob`)
  await once(socket, "open")
  socket.send("Hello")
  const [answer] = await once(socket, "message")
  socket.close()
  const page = await (await fetch(`http://127.0.0.1:${port}/`)).text()
  server.closeAllConnections()
  server.close()
  return [String(answer), page]
}

export const expected = ["Ada, Bob: Hello", "plain HTTP"]
