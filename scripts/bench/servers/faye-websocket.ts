import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { job, maxMessageSize, push } from "../job.ts"
import { load } from "../peers.ts"
import { report, tally } from "../report.ts"

type Data = string | Buffer

interface Socket {
  on(event: "message", listener: (event: { readonly data: Data }) => void): void
  on(event: "close", listener: () => void): void
  send(data: Data): void
}

const Peer = load<new(...args: ReadonlyArray<unknown>) => Socket>("faye-websocket")

const present = new Set<Socket>()

const pushBurst = (socket: Socket, data: Data, bursts: number): void => {
  for (let i = 0; i < push.burst; i++) socket.send(data)
  if (bursts > 1) setImmediate(pushBurst, socket, data, bursts - 1)
}

const works = {
  echo: (socket: Socket, data: Data) => socket.send(data),
  count: () => tally.messages++,
  broadcast: (_: Socket, data: Data) => present.forEach((socket) => socket.send(data)),
  push: (socket: Socket, data: Data) => setImmediate(pushBurst, socket, data, push.bursts)
}

const handle = works[job().work]
const http = createServer()
http.on("upgrade", (request, stream, head) => {
  const socket = new Peer(request, stream, head, [], { maxLength: maxMessageSize })
  present.add(socket)
  socket.on("message", ({ data }) => handle(socket, data))
  socket.on("close", () => present.delete(socket))
})
http.listen(0, "127.0.0.1", () => report((http.address() as AddressInfo).port))
