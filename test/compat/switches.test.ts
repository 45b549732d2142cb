/** The environment variables of ws, each in a process of its own; and what a server refuses to do twice. */
import { WebSocketServer } from "effect-ws/compat"
import { execFile } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"
import { WebSocket } from "ws"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** Sends a large message there and back, and text that is none; says what came, and what was loaded. */
const program = `
  import WebSocket, { WebSocketServer } from "effect-ws/compat"
  import { once } from "node:events"
  import { createRequire } from "node:module"
  const server = new WebSocketServer({ port: 0 })
  server.on("connection", (socket) => socket.on("message", (data) => socket.send(data)).on("error", () => {}))
  await once(server, "listening")
  const client = new WebSocket("ws://localhost:" + server.address().port)
  await once(client, "open")
  client.send(Buffer.alloc(100_000, "effect-ws"))
  const [data] = await once(client, "message")
  client.send(Buffer.from([0xff]), { binary: false })
  const [code] = await once(client, "close")
  server.close()
  const { cache } = createRequire(import.meta.url)
  const native = Object.keys(cache).some((path) => path.includes("bufferutil"))
  console.log(JSON.stringify({ same: data.equals(Buffer.alloc(100_000, "effect-ws")), code, native }))
`

const run = async (env: NodeJS.ProcessEnv): Promise<unknown> => {
  const args = ["--conditions=effect-ws-source", "--input-type=module", "--eval", program]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, env: { ...process.env, ...env } })
  return JSON.parse(stdout)
}

describe("the environment", () => {
  it("has bufferutil mask large messages, where it is installed", async () => {
    expect(await run({})).toEqual({ same: true, code: 1007, native: true })
  })

  it("keeps bufferutil out by WS_NO_BUFFER_UTIL", async () => {
    expect(await run({ WS_NO_BUFFER_UTIL: "1" })).toEqual({ same: true, code: 1007, native: false })
  })

  it("has texts checked all the same under WS_NO_UTF_8_VALIDATE, by Node itself", async () => {
    expect(await run({ WS_NO_UTF_8_VALIDATE: "1" })).toMatchObject({ same: true, code: 1007 })
  })
})

describe("a server without one of its own", () => {
  it("upgrades a socket once, and throws the second time", async () => {
    const host = createServer().listen(0)
    const server = new WebSocketServer({ noServer: true })
    const second = new Promise<unknown>((resolve) => {
      host.once("upgrade", (request, socket, head) => {
        server.handleUpgrade(request, socket, head, () => {
          try {
            server.handleUpgrade(request, socket, head, () => resolve("upgraded twice"))
          } catch (error) {
            resolve(error)
          }
        })
      })
    })
    const client = new WebSocket(`ws://localhost:${(host.address() as AddressInfo).port}`)
    await once(client, "open")
    const closed = once(client, "close")
    expect(await second).toMatchObject({
      message:
        "server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration"
    })
    client.terminate()
    await closed
    host.close()
  })
})
