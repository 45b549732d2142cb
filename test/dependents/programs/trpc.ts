import { createTRPCClient, createWSClient, wsLink } from "@trpc/client"
import { initTRPC } from "@trpc/server"
import { applyWSSHandler } from "@trpc/server/adapters/ws"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { WebSocket, WebSocketServer } from "ws"

const { procedure, router } = initTRPC.create()

let total = 0

const app = router({
  hello: procedure.query(() => "world"),
  add: procedure.mutation(() => ++total),
  fail: procedure.query(() => {
    throw new Error("failed")
  }),
  count: procedure.subscription(async function*() {
    for (let count = 1; count <= 3; count++) yield count
  })
})

export const run = async () => {
  const server = new WebSocketServer({ port: 0 })
  const { broadcastReconnectNotification } = applyWSSHandler({ wss: server, router: app, keepAlive: { enabled: true } })
  await once(server, "listening")
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
  const socket = createWSClient({ url, WebSocket: WebSocket as never })
  const client = createTRPCClient<typeof app>({ links: [wsLink({ client: socket })] })
  const counts = await new Promise((resolve, reject) => {
    const seen: Array<number> = []
    client.count.subscribe(undefined, {
      onData: (count) => seen.push(count),
      onComplete: () => resolve(seen),
      onError: reject
    })
  })
  const result = [counts, await client.hello.query(), await client.add.mutate()]
  const reconnected = once(server, "connection")
  broadcastReconnectNotification()
  await reconnected
  result.push(await client.add.mutate(), await client.fail.query().catch(({ message }) => message))
  await socket.close()
  server.close()
  return result
}

export const expected = [[1, 2, 3], "world", 1, 2, "failed"]
export const users = ["the program"]
