/** uWebSockets.js, which is C++. */
import { job, maxMessageSize, push } from "../job.ts"
import { load } from "../peers.ts"
import { report, tally } from "../report.ts"

interface Socket {
  send(message: ArrayBuffer, isBinary: boolean, compress: boolean): void
  subscribe(topic: string): void
}

interface App {
  ws(path: string, behavior: object): App
  listen(host: string, port: number, listening: (socket: object | false) => void): App
  publish(topic: string, message: ArrayBuffer, isBinary: boolean, compress: boolean): void
}

const peer = load<{
  App(): App
  us_socket_local_port(socket: object): number
  readonly DISABLED: number
  readonly SHARED_COMPRESSOR: number
}>("@btc-vision/uwebsockets.js")

const { compression, work } = job()

const pushBurst = (socket: Socket, message: ArrayBuffer, isBinary: boolean, bursts: number): void => {
  for (let i = 0; i < push.burst; i++) socket.send(message, isBinary, compression)
  if (bursts > 1) setImmediate(pushBurst, socket, message, isBinary, bursts - 1)
}

const works = {
  echo: (socket: Socket, message: ArrayBuffer, isBinary: boolean) => socket.send(message, isBinary, compression),
  count: () => tally.messages++,
  broadcast: (_: Socket, message: ArrayBuffer, isBinary: boolean) => app.publish("all", message, isBinary, compression),
  push: (socket: Socket, message: ArrayBuffer, isBinary: boolean) =>
    setImmediate(pushBurst, socket, message.slice(0), isBinary, push.bursts)
}

const app = peer.App().ws("/", {
  maxPayloadLength: maxMessageSize,
  maxBackpressure: 0,
  idleTimeout: 0,
  compression: compression ? peer.SHARED_COMPRESSOR : peer.DISABLED,
  open: (socket: Socket) => socket.subscribe("all"),
  message: works[work]
}).listen("127.0.0.1", 0, (socket) => {
  if (socket !== false) report(peer.us_socket_local_port(socket))
})
