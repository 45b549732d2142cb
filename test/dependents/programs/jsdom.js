import { JSDOM } from "jsdom"
import { once } from "node:events"
import { WebSocketServer } from "ws"

const serve = async () => {
  const server = new WebSocketServer({
    port: 0,
    handleProtocols: () => "chat",
    verifyClient: ({ req }) => req.url === "/"
  })
  server.on("headers", (headers) => headers.push("Set-Cookie: name=Ada; Path=/"))
  server.on("connection", (socket, { headers }) => {
    socket.on("message", (data, isBinary) => socket.send(isBinary ? data : `${headers.origin}: ${data}`))
  })
  await once(server, "listening")
  return server
}

const next = (socket, type) => new Promise((resolve) => socket.addEventListener(type, resolve, { once: true }))

export const run = async () => {
  const server = await serve()
  const host = `127.0.0.1:${server.address().port}`
  const { window } = new JSDOM("", { url: `http://${host}/` })
  const socket = new window.WebSocket(`ws://${host}`, ["chat"])
  socket.binaryType = "arraybuffer"
  await next(socket, "open")
  socket.send("Hello")
  const { data: text } = await next(socket, "message")
  socket.send(new window.Uint8Array([1, 2, 3]))
  const { data: octets } = await next(socket, "message")
  socket.close(4000, "bye")
  const { code, reason, wasClean } = await next(socket, "close")
  const refused = await next(new window.WebSocket(`ws://${host}/elsewhere`), "close")
  const { cookie } = window.document
  window.close()
  server.close()
  return [
    [socket.protocol, cookie, text.replace(host, "host"), ...new Uint8Array(octets)],
    [code, reason, wasClean],
    [refused.code, refused.wasClean]
  ]
}

export const expected = [
  ["chat", "name=Ada", "http://host: Hello", 1, 2, 3],
  [4000, "bye", true],
  [1006, false]
]

export const users = ["jsdom", "the program"]
