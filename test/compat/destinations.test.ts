/** Where a client goes, and what it takes along: as with ws. Names are dialled at this machine. */
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import * as Http from "node:http"
import * as Https from "node:https"
import { type AddressInfo, connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Duplex } from "node:stream"
import { connect as connectTls, type TLSSocket } from "node:tls"
import { describe, expect, it } from "vitest"
import * as ws from "ws"
import * as Certificate from "../server/Certificate.ts"
import { type Implementation, load } from "./differential/Implementation.ts"

type Answer = (request: Http.IncomingMessage, socket: Duplex) => void

/** Servers that note the requests for an upgrade, and answer them. */
class Servers {
  readonly requests: Array<unknown> = []
  readonly path = join(tmpdir(), `effect-ws-${randomUUID().slice(0, 8)}`)
  private readonly paths: Readonly<Record<string, string>> = { local: this.path, neighbour: `${this.path}-2` }
  readonly plain = Http.createServer()
  readonly secure = Https.createServer(Certificate.identity)
  private readonly all = {
    plain: this.plain,
    secure: this.secure,
    local: Http.createServer(),
    neighbour: Http.createServer()
  }

  async listen(answer: Answer): Promise<void> {
    for (const [name, server] of Object.entries(this.all)) {
      server.on("upgrade", (request: Http.IncomingMessage, socket: Duplex) => {
        const { headers: { authorization, cookie, host }, url } = request
        const { servername } = request.socket as TLSSocket
        this.requests.push({ name, url, host: hide(host, this), servername, authorization, cookie })
        socket.on("error", () => {})
        answer(request, socket)
      })
      server.listen(name in this.paths ? { path: this.paths[name] } : { port: 0, host: "127.0.0.1" })
      await once(server, "listening")
    }
  }

  portOf(server: Http.Server): number {
    return (server.address() as AddressInfo).port
  }

  /** Dials whatever name at one of the servers, by its port. */
  readonly dial = ({ port }: { readonly port: number }): Duplex =>
    port === 443
      ? connectTls({ port: this.portOf(this.secure), host: "127.0.0.1", rejectUnauthorized: false })
      : connect(this.portOf(this.plain), "127.0.0.1")

  close(): void {
    for (const server of Object.values(this.all)) {
      server.close()
      server.closeAllConnections()
    }
  }
}

/** Without what differs from run to run. */
const hide = (text: string | undefined, { path }: Servers): string | undefined =>
  text?.replaceAll(path, "PATH").replaceAll(/:\d+/g, ":PORT")

const accept: Answer = (request, socket) => {
  const server = new ws.WebSocketServer({ noServer: true })
  server.handleUpgrade(request, socket, Buffer.alloc(0), () => {})
}

/** Redirects a first request, and accepts the next. */
const redirect = (location: string): Answer => (request, socket) => {
  if (request.url !== "/old") return accept(request, socket)
  socket.end(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

interface Journey {
  readonly from: (servers: Servers) => string
  readonly to?: (servers: Servers) => string
  readonly options?: (servers: Servers) => ws.ClientOptions
}

const dialled = ({ dial }: Servers) => ({ createConnection: dial as never })

const secrets = { Authorization: "Basic c2VjcmV0", Cookie: "id=7", Host: "alias.test" }

const journeys: Readonly<Record<string, Journey>> = {
  "to an https: URL": {
    from: (servers) => `https://localhost:${servers.portOf(servers.secure)}/page?q`,
    options: () => ({ ca: Certificate.identity.cert })
  },
  "to the usual port of ws:": { from: () => "ws://example.test/", options: dialled },
  "to the usual port of wss:": { from: () => "wss://example.test/", options: dialled },
  "on, from wss: to ws: on the same host": {
    from: () => "wss://example.test/old",
    to: () => "ws://example.test/new",
    options: dialled
  },
  "on, from ws: to wss: on the same host": {
    from: () => "ws://example.test/old",
    to: () => "wss://example.test/new",
    options: dialled
  },
  "on, along a Unix socket": {
    from: ({ path }) => `ws+unix:${path}:/old`,
    to: ({ path }) => `ws+unix:${path}:/new`
  },
  "on, from a Unix socket to another": {
    from: ({ path }) => `ws+unix:${path}:/old`,
    to: ({ path }) => `ws+unix:${path}-2:/new`
  },
  "on, from a Unix socket into the net": {
    from: ({ path }) => `ws+unix:${path}:/old`,
    to: (servers) => `ws://127.0.0.1:${servers.portOf(servers.plain)}/new`
  }
}

const travel = async ({ WebSocket }: Implementation, { from, options, to }: Journey): Promise<unknown> => {
  const servers = new Servers()
  await servers.listen((request, socket) => (to === undefined ? accept : redirect(to(servers)))(request, socket))
  const client = new WebSocket(from(servers), { followRedirects: true, headers: secrets, ...options?.(servers) })
  await once(client, "open")
  const seen = { url: hide(client.url, servers), requests: servers.requests }
  client.terminate()
  servers.close()
  return seen
}

describe("a client goes", () => {
  it.each(Object.keys(journeys))("%s", async (name) => {
    const expected = await travel(ws, journeys[name])
    expect(await travel(await load("compat"), journeys[name])).toEqual(expected)
  })

  it("from wss: to ws: without its secrets", async () => {
    const seen = await travel(await load("compat"), journeys["on, from wss: to ws: on the same host"])
    expect(seen).toMatchObject({
      url: "ws://example.test/new",
      requests: [
        { name: "secure", authorization: secrets.Authorization, cookie: secrets.Cookie, host: "alias.test" },
        { name: "plain", authorization: undefined, cookie: undefined, host: "alias.test" }
      ]
    })
  })

  it("to a server of a name with that name, by which TLS finds its certificate", async () => {
    const seen = await travel(await load("compat"), journeys["to an https: URL"])
    expect(seen).toMatchObject({ requests: [{ name: "secure", servername: "localhost" }] })
  })

  it("from a Unix socket to another without its secrets", async () => {
    expect(await travel(await load("compat"), journeys["on, from a Unix socket to another"])).toMatchObject({
      requests: [
        { name: "local", authorization: secrets.Authorization, cookie: secrets.Cookie },
        { name: "neighbour", authorization: undefined, cookie: undefined }
      ]
    })
  })
})
