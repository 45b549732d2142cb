import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { job, maxMessageSize, push } from "../job.ts"
import { load } from "../peers.ts"
import { report, tally } from "../report.ts"

type Message = { type: "utf8"; utf8Data: string } | { type: "binary"; binaryData: Buffer }

interface Connection {
  on(event: "message", listener: (message: Message) => void): void
  sendUTF(text: string): void
  sendBytes(bytes: Buffer): void
}

interface Server {
  readonly connections: ReadonlyArray<Connection>
  on(event: "connect", listener: (connection: Connection) => void): void
}

const peer = load<{ readonly server: new(options: object) => Server }>("websocket")

const http = createServer()
const server = new peer.server({
  httpServer: http,
  autoAcceptConnections: true,
  keepalive: false,
  fragmentOutgoingMessages: false,
  maxReceivedFrameSize: maxMessageSize,
  maxReceivedMessageSize: maxMessageSize
})

const send = (connection: Connection, message: Message): void =>
  message.type === "utf8" ? connection.sendUTF(message.utf8Data) : connection.sendBytes(message.binaryData)

const pushBurst = (connection: Connection, message: Message, bursts: number): void => {
  for (let i = 0; i < push.burst; i++) send(connection, message)
  if (bursts > 1) setImmediate(pushBurst, connection, message, bursts - 1)
}

const { work } = job()
const works = {
  echo: send,
  count: () => tally.messages++,
  broadcast: (_: Connection, message: Message) => server.connections.forEach((connection) => send(connection, message)),
  push: (connection: Connection, message: Message) => setImmediate(pushBurst, connection, message, push.bursts)
}

const handle = works[work]
server.on("connect", (connection) => connection.on("message", (message) => handle(connection, message)))
http.listen(0, "127.0.0.1", () => report((http.address() as AddressInfo).port))
