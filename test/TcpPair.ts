/** Two bare sockets that are connected to each other. */
import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"

export const make = async (): Promise<readonly [client: Socket, server: Socket]> => {
  const listener = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1")
  await once(listener, "listening")
  const { port } = listener.address() as AddressInfo
  const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true })
  const [[server]] = await Promise.all([once(listener, "connection"), once(client, "connect")])
  listener.close()
  return [client, server]
}
