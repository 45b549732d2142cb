import { Aedes } from "aedes"
import mqtt from "mqtt"
import { type EventEmitter, on, once } from "node:events"
import type { AddressInfo } from "node:net"
import { createWebSocketStream, WebSocketServer } from "ws"

const large = Buffer.alloc(1_000_000, "large ")
const topics = Array.from({ length: 20 }, (_, index) => `count/${index}`)
const will = { topic: "will", payload: Buffer.from("gone"), qos: 1, retain: false } as const

export const run = async () => {
  const broker = await Aedes.createBroker()
  const server = new WebSocketServer({ port: 0 })
  server.on("connection", (socket, request) => broker.handle(createWebSocketStream(socket), request))
  await once(server, "listening")
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
  const publisher = await mqtt.connectAsync(url, { will, reconnectPeriod: 0 })
  await publisher.publishAsync("news", large, { qos: 1, retain: true })
  const subscriber = await mqtt.connectAsync(url)
  const messages = on(subscriber as unknown as EventEmitter, "message")
  await subscriber.subscribeAsync(["news", "count/+", "will"], { qos: 1 })
  const { value: [, news] = [] } = await messages.next()
  await Promise.all(topics.map((topic) => publisher.publishAsync(topic, "1", { qos: 1 })))
  publisher.stream.destroy() // without a farewell, so that the broker publishes the will
  const heard: Array<string> = []
  for await (const [topic] of messages) {
    heard.push(topic)
    if (topic === "will") break
  }
  await Promise.all([publisher.endAsync(), subscriber.endAsync()])
  await new Promise<void>((resolve) => broker.close(resolve))
  server.close()
  return [large.equals(news), heard.toSorted()]
}

export const expected = [true, [...topics, "will"].toSorted()]
export const users = ["mqtt", "the program"]
