import express from "express"
import expressWs from "express-ws"
import { once } from "node:events"
import { WebSocket } from "ws"

const serve = async () => {
  const { app, applyTo, getWss } = expressWs(express())
  app.use((request, _response, next) => {
    Object.assign(request, { user: "Ada" })
    next()
  })
  app.get("/", (_request, response) => response.send("plain HTTP"))
  app.ws("/echo/:name", (socket, request) => {
    const { user } = request
    socket.on("message", (text) => socket.send(`${user}, ${request.params.name}: ${String(text)}`))
  })
  const router = express.Router()
  applyTo(router)
  router.ws("/all", (socket) => {
    socket.on("message", (text) => getWss().clients.forEach((client) => client.send(`all: ${String(text)}`)))
  })
  app.use("/router", router)
  const server = app.listen(0)
  await once(server, "listening")
  return server
}

const said = async (socket) => String((await once(socket, "message"))[0])

export const run = async () => {
  const server = await serve()
  const { port } = server.address()
  const connect = async (path) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`)
    await once(socket, "open")
    return socket
  }
  const [bob, carol] = [await connect("/echo/Bob"), await connect("/router/all")]
  bob.send("Hello")
  const result = [await said(bob)]
  carol.send("Hello")
  result.push(...await Promise.all([said(bob), said(carol)]))
  const [code] = await once(await connect("/nowhere"), "close")
  const page = await (await fetch(`http://127.0.0.1:${port}/`)).text()
  for (const socket of [bob, carol]) socket.close()
  server.closeAllConnections()
  server.close()
  return [...result, code, page]
}

export const expected = ["Ada, Bob: Hello", "all: Hello", "all: Hello", 1005, "plain HTTP"]
export const users = ["express-ws", "the program"]
