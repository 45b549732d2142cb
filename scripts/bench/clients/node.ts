/** Node's own WebSocket, which is undici's. */
import { once } from "node:events"
import { Meter, serve, type Task } from "./meter.ts"

const open = async ({ url }: Task): Promise<WebSocket> => {
  const socket = new WebSocket(url)
  socket.binaryType = "arraybuffer"
  await once(socket, "open")
  return socket
}

const keepSending = (socket: WebSocket, { depth, size }: Task, meter: Meter): Promise<void> =>
  new Promise((resolve) => {
    const message = new Uint8Array(size).fill(1)
    let onTheWay = depth
    socket.addEventListener("message", () => {
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
