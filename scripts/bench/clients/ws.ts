/** ws; or our face of it, or whatever else has its interface. */
import { once } from "node:events"
import type * as Ws from "ws"
import { Meter, serve, type Task } from "./meter.ts"

const { WebSocket } = await import(process.argv[3] ?? "ws") as typeof Ws

const open = async ({ url }: Task): Promise<Ws.WebSocket> => {
  const socket = new WebSocket(url, { perMessageDeflate: false })
  await once(socket, "open")
  return socket
}

const keepSending = (socket: Ws.WebSocket, { depth, size }: Task, meter: Meter): Promise<void> =>
  new Promise((resolve) => {
    const message = Buffer.alloc(size, 1)
    let onTheWay = depth
    socket.on("message", () => {
      meter.messages++
      if (!meter.isOver) socket.send(message)
      else if (--onTheWay === 0) resolve()
    })
    for (let i = 0; i < depth; i++) socket.send(message)
  })

serve(async (task) => {
  const sockets = await Promise.all(Array.from({ length: task.connections }, () => open(task)))
  const meter = new Meter(task)
  await Promise.all(sockets.map((socket) => keepSending(socket, task, meter)))
  const outcome = meter.stop()
  for (const socket of sockets) socket.close()
  return outcome
})
