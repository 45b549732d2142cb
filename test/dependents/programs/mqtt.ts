import { Aedes } from "aedes"
import mqtt from "mqtt"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { createWebSocketStream, WebSocketServer } from "ws"

const large = Buffer.alloc(300_000, "large ")

export const run = async () => {
  const broker = await Aedes.createBroker()
  const server = new WebSocketServer({ port: 0 })
  server.on("connection", (socket, request) => broker.handle(createWebSocketStream(socket), request))
  await once(server, "listening")
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
  const publisher = await mqtt.connectAsync(url)
  await publisher.publishAsync("news", large, { qos: 1, retain: true })
  const subscriber = await mqtt.connectAsync(url)
  const got = new Promise<[string, Buffer]>((resolve) => {
    subscriber.once("message", (topic, payload) => resolve([topic, payload]))
  })
  await subscriber.subscribeAsync("news", { qos: 1 })
  const [topic, payload] = await got
  await Promise.all([publisher.endAsync(), subscriber.endAsync()])
  await new Promise<void>((resolve) => broker.close(resolve))
  server.close()
  return [topic, payload.equals(large)]
}

export const expected = ["news", true]
