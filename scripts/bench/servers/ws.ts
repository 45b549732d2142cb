/** ws; or our face of it, or whatever else has its interface. */
import { createServer } from "node:https"
import type * as Ws from "ws"
import { identity } from "../../../test/server/Certificate.ts"
import { job, maxMessageSize, push } from "../job.ts"
import { report, tally } from "../report.ts"

const { compression, tls, work } = job()
const { WebSocketServer } = await import(process.argv[3] ?? "ws") as typeof Ws

const https = tls ? createServer(identity).listen(0, "127.0.0.1") : undefined
const server = new WebSocketServer({
  ...(https === undefined ? { port: 0, host: "127.0.0.1" } : { server: https }),
  perMessageDeflate: compression && { threshold: 0 },
  maxPayload: maxMessageSize
})

const pushBurst = (socket: Ws.WebSocket, data: Ws.RawData, binary: boolean, bursts: number): void => {
  for (let i = 0; i < push.burst; i++) socket.send(data, { binary })
  if (bursts > 1) setImmediate(pushBurst, socket, data, binary, bursts - 1)
}

const works = {
  echo: (socket, data, binary) => socket.send(data, { binary }),
  count: () => tally.messages++,
  broadcast: (_, data, binary) => server.clients.forEach((client) => client.send(data, { binary })),
  push: (socket, data, binary) => setImmediate(pushBurst, socket, data, binary, push.bursts)
} satisfies Record<typeof work, (socket: Ws.WebSocket, data: Ws.RawData, binary: boolean) => void>

const handle = works[work]
server.on("connection", (socket) => {
  socket.on("message", (data, isBinary) => handle(socket, data, isBinary))
})
server.on("listening", () => {
  const address = server.address()
  if (typeof address === "object" && address !== null) report(address.port)
})
