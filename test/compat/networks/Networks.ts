/** Ways of a client to a server that are not plain TCP. Each gives what both sides need of it. */
import { once } from "node:events"
import * as http from "node:http"
import * as https from "node:https"
import { type AddressInfo, connect, type Socket } from "node:net"
import { type Duplex, duplexPair } from "node:stream"
import * as tls from "node:tls"
import type * as ws from "ws"
import * as Certificate from "../../server/Certificate.ts"
import type { Implementation } from "../differential/Implementation.ts"

/** A server, and how a client gets to it. */
export interface Network {
  readonly server: ws.WebSocketServer
  readonly address: string
  readonly options: ws.ClientOptions
  readonly stop: () => void
}

type Build = (implementation: Implementation) => Promise<Network>

const listen = async (server: http.Server | https.Server, path?: string): Promise<number> => {
  await once(path === undefined ? server.listen(0, "localhost") : server.listen(path), "listening")
  return path === undefined ? (server.address() as AddressInfo).port : 0
}

const overTls: Build = async ({ WebSocketServer }) => {
  const host = https.createServer(Certificate.identity)
  const port = await listen(host)
  const server = new WebSocketServer({ server: host })
  return { server, address: `wss://localhost:${port}/a?b`, options: Certificate.trust, stop: () => host.close() }
}

const overMutualTls: Build = async ({ WebSocketServer }) => {
  const host = https.createServer({ ...Certificate.identity, ...Certificate.trust, requestCert: true })
  const port = await listen(host)
  const server = new WebSocketServer({ server: host })
  const options = { ...Certificate.trust, ...Certificate.identity, servername: "localhost" }
  return { server, address: `wss://127.0.0.1:${port}/`, options, stop: () => host.close() }
}

/** A proxy that tunnels (RFC 9110 §9.3.6), and notes where to. */
const makeProxy = (): http.Server =>
  http.createServer().on("connect", ({ url = "" }: http.IncomingMessage, client: Socket, head: Buffer) => {
    const [host, port] = url.split(":")
    const target = connect(Number(port), host, () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n")
      target.write(head)
      target.pipe(client).pipe(target)
    })
    for (const socket of [client, target]) socket.on("error", () => {}).on("close", () => void target.destroy())
  })

/** As the agents for proxies do it: the connection is made later, by another request. */
class TunnelAgent extends http.Agent {
  private readonly proxyPort: number
  readonly protocol: string

  constructor(proxyPort: number, protocol: string) {
    super()
    this.proxyPort = proxyPort
    this.protocol = protocol
  }

  override createConnection(
    options: tls.ConnectionOptions,
    done: (error: Error | null, socket: Duplex) => void
  ): undefined {
    const path = `${options.host}:${options.port}`
    const request = http.request({ port: this.proxyPort, host: "localhost", method: "CONNECT", path })
    request.once("connect", (_response, socket: Socket) => {
      done(null, this.protocol === "https:" ? tls.connect({ ...options, socket }) : socket)
    })
    request.end()
  }
}

const proxied = (build: Build, protocol: string): Build => async (implementation) => {
  const proxy = makeProxy()
  const port = await listen(proxy)
  const network = await build(implementation)
  const agent = new TunnelAgent(port, protocol)
  const stop = () => {
    network.stop()
    agent.destroy()
    proxy.close()
  }
  return { ...network, options: { ...network.options, agent }, stop }
}

const overTcp: Build = async ({ WebSocketServer }) => {
  const server = new WebSocketServer({ port: 0, host: "localhost" })
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  return { server, address: `ws://localhost:${port}/`, options: {}, stop: () => {} }
}

/** A pair of which neither lives on when the other is gone. */
const pair = (): [Duplex, Duplex] => {
  const [near, far] = duplexPair()
  near.once("close", () => far.destroy())
  far.once("close", () => near.destroy())
  return [near, far]
}

/** Streams that are no sockets, on both sides: an HTTP server takes any Duplex for a connection. */
const overStreams: Build = async ({ WebSocketServer }) => {
  const host = http.createServer()
  const server = new WebSocketServer({ noServer: true })
  host.on("upgrade", (request, socket, head) => {
    server.handleUpgrade(request, socket, head, (it) => server.emit("connection", it, request))
  })
  const createConnection = () => {
    const [near, far] = pair()
    host.emit("connection", far)
    return near as Socket
  }
  return { server, address: "ws://localhost/streams", options: { createConnection }, stop: () => {} }
}

export const networks: Readonly<Record<string, Build>> = {
  "TLS": overTls,
  "TLS with a certificate of the client": overMutualTls,
  "a proxy": proxied(overTcp, "http:"),
  "TLS through a proxy": proxied(overTls, "https:"),
  "streams that are no sockets": overStreams
}
