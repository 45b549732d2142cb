/** The load where there is no C compiler, and for TLS: it takes the same orders as `load.c`, and gives the same answers. */
import { readFileSync } from "node:fs"
import { createInterface } from "node:readline"
import { setTimeout } from "node:timers/promises"
import { close, type Connection, drop, open, openAll } from "./connection.ts"

type Order = Readonly<Record<string, string>>

/** In milliseconds, beyond what an order takes. */
const patience = 20_000
const ping = Buffer.of(0x89, 0x80, 1, 2, 3, 4)
/** Octets that are written at once where there is no end of messages. */
const stretch = 2 ** 18

let connections: Array<Connection> = []
let count = { messages: 0, octets: 0 }
let latencies: Array<number> = []

const repeat = (message: Buffer, times: number): Buffer => Buffer.concat(Array.from({ length: times }, () => message))

const deadlineOf = ({ milliseconds }: Order): number => performance.now() + Number(milliseconds)

/** Keeps `depth` messages on the way; each has so many replies, on one connection or on all. */
const exchange = (order: Order, sender: Connection, receivers: ReadonlyArray<Connection>, replies: number) =>
  new Promise<void>((resolve) => {
    const deadline = deadlineOf(order)
    const message = readFileSync(order["message"])
    const depth = Number(order["depth"])
    const block = repeat(message, depth)
    const times: Array<number> = []
    let received = 0
    const send = (many: number, now: number): void => {
      for (let i = 0; i < many; i++) times.push(now)
      count.octets += many * message.length
      sender.socket.write(block.subarray(0, many * message.length))
    }
    const onMessages = (many: number): void => {
      count.messages += many
      received += many
      const complete = Math.floor(received / replies)
      if (complete === 0) return
      const now = performance.now()
      received -= complete * replies
      for (const time of times.splice(0, complete)) latencies.push((now - time) * 1000)
      if (now < deadline) send(complete, now)
      else if (times.length === 0) resolve()
    }
    for (const receiver of receivers) receiver.onMessages = onMessages
    send(depth, performance.now())
  })

const exchangeAll = (order: Order): Promise<unknown> =>
  order["broadcast"] === "1"
    ? exchange(order, connections[0], connections, connections.length)
    : Promise.all(connections.map((own) => exchange(order, own, [own], Number(order["replies"]))))

/** Resolves to false if the socket takes nothing for a second. */
const drained = (connection: Connection): Promise<boolean> =>
  Promise.race([
    new Promise<boolean>((resolve) => connection.socket.once("drain", () => resolve(true))),
    setTimeout(1000, false)
  ])

/** Sends as much as the socket takes, up to so many octets. */
const pour = async (order: Order, connection: Connection, most: number): Promise<void> => {
  const deadline = deadlineOf(order)
  const message = readFileSync(order["message"])
  const block = repeat(message, Math.ceil(stretch / message.length))
  while (performance.now() < deadline && count.octets < most) {
    count.octets += block.length
    count.messages += block.length / message.length
    if (!connection.socket.write(block) && !await drained(connection)) return
  }
}

/** A pong says that all was read. */
const ingest = async (order: Order, connection: Connection): Promise<void> => {
  await pour(order, connection, Infinity)
  const { reader, socket } = connection
  const before = reader.pongs
  socket.write(ping)
  await new Promise<void>((resolve) => {
    connection.onMessages = () => reader.pongs > before && resolve()
  })
}

const stall = (order: Order, connection: Connection): Promise<void> => {
  connection.socket.pause()
  return pour(order, connection, Number(order["octets"]))
}

const addressOf = ({ port, request, tls }: Order) => ({ port: Number(port), request, tls: tls === "1" })

/** One after the other. */
const handshakes = async (order: Order): Promise<void> => {
  const deadline = deadlineOf(order)
  while (performance.now() < deadline) {
    const start = performance.now()
    const connection = await open(addressOf(order))
    latencies.push((performance.now() - start) * 1000)
    await close(connection)
    count.messages++
  }
}

const orders: Readonly<Record<string, (order: Order) => Promise<unknown>>> = {
  open: async (order) => connections = await openAll(addressOf(order), Number(order["connections"])),
  close: async () => connections.forEach(drop),
  exchange: exchangeAll,
  ingest: (order) => Promise.all(connections.map((connection) => ingest(order, connection))),
  stall: (order) => Promise.all(connections.map((connection) => stall(order, connection))),
  handshakes: (order) => Promise.all(Array.from({ length: Number(order["connections"]) }, () => handshakes(order)))
}

const quantile = (share: number): number =>
  latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * share)] ?? 0

/** Never resolves. */
const impatience = async (milliseconds: number): Promise<never> => {
  await setTimeout(milliseconds, undefined, { ref: false })
  throw new Error("the server does not answer")
}

const received = (): number => connections.reduce((sum, { reader }) => sum + reader.octets, 0)

process.on("uncaughtException", ({ message }) => {
  console.log(JSON.stringify({ error: message }))
  process.exit(1)
})

for await (const line of createInterface({ input: process.stdin })) {
  const [verb, ...words] = line.split(" ")
  count = { messages: 0, octets: 0 }
  latencies = []
  const [start, cpu, before] = [performance.now(), process.cpuUsage(), received()]
  const order: Order = Object.fromEntries(words.map((word) => word.split("=")))
  await Promise.race([orders[verb](order), impatience(Number(order["milliseconds"] ?? 0) + patience)])
  const { system, user } = process.cpuUsage(cpu)
  const elapsed = (performance.now() - start) / 1000
  const latency = { p50: quantile(0.5), p99: quantile(0.99) }
  console.log(
    JSON.stringify({ elapsed, cpu: (user + system) / 1e6, ...count, received: received() - before, ...latency })
  )
}
