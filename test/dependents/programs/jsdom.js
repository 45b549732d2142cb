import { JSDOM } from "jsdom"
import { once } from "node:events"
import { WebSocketServer } from "ws"

export const run = async () => {
  const server = new WebSocketServer({ port: 0, handleProtocols: () => "chat" })
  server.on("connection", (socket, { headers }) => {
    socket.on("message", (data, isBinary) => socket.send(isBinary ? data : `${headers.origin}: ${data}`))
  })
  await once(server, "listening")
  const { window } = new JSDOM("", { url: "http://example.org/" })
  const socket = new window.WebSocket(`ws://127.0.0.1:${server.address().port}`, ["chat"])
  socket.binaryType = "arraybuffer"
  const next = (type) => new Promise((resolve) => socket.addEventListener(type, resolve, { once: true }))
  await next("open")
  socket.send("Hello")
  const { data: text } = await next("message")
  socket.send(new window.Uint8Array([1, 2, 3]))
  const { data: octets } = await next("message")
  socket.close(4000, "bye")
  const { code, reason, wasClean } = await next("close")
  window.close()
  server.close()
  return [socket.protocol, text, [...new Uint8Array(octets)], code, reason, wasClean]
}

export const expected = ["chat", "http://example.org: Hello", [1, 2, 3], 4000, "bye", true]
