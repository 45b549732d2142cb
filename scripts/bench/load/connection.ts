import { readFileSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { connect as connectTls } from "node:tls"
import { FrameReader } from "./reader.ts"

/** Where to connect, and a file with the request for the upgrade. */
export interface Address {
  readonly port: number
  readonly request: string
  readonly tls: boolean
}

export interface Connection {
  readonly socket: Socket
  readonly reader: FrameReader
  /** Gets how many messages were completed by the bytes that came. */
  onMessages: (count: number) => void
}

const lost = (): never => {
  throw new Error("the server dropped a connection")
}

export const open = ({ port, request, tls }: Address): Promise<Connection> =>
  new Promise((resolve, reject) => {
    const address = { port, host: "127.0.0.1", rejectUnauthorized: false }
    const socket = tls ? connectTls(address) : connect(address)
    const connection: Connection = { socket, reader: new FrameReader(), onMessages: () => {} }
    socket.setNoDelay(true)
    socket.once("error", reject)
    socket.once("close", lost)
    socket.once("data", (answer) => {
      if (!answer.toString("latin1").startsWith("HTTP/1.1 101")) return reject(new Error("the server did not upgrade"))
      socket.on("data", (chunk) => connection.onMessages(connection.reader.push(chunk)))
      resolve(connection)
    })
    socket.write(readFileSync(request))
  })

const openingAtOnce = 64

export const openAll = async (address: Address, count: number): Promise<Array<Connection>> => {
  const connections: Array<Connection> = []
  while (connections.length < count) {
    const length = Math.min(openingAtOnce, count - connections.length)
    connections.push(...await Promise.all(Array.from({ length }, () => open(address))))
  }
  return connections
}

export const drop = ({ socket }: Connection): void => void socket.off("close", lost).on("error", () => {}).destroy()

const goodbye = Buffer.of(0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8)

/** Says goodbye, and waits for the server to close. */
export const close = ({ socket }: Connection): Promise<void> =>
  new Promise((resolve) => {
    socket.off("close", lost).once("close", () => resolve()).on("error", () => {})
    socket.write(goodbye)
  })
