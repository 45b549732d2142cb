import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { expect, it } from "vitest"

/** Echoes texts; Node itself needs WebAssembly to read our sources, and so has done that before. */
const program = (before: string): string => `
  import { once } from "node:events"
  import { MaskedFrames } from "effect-ws/protocol"
  ${before}
  const { frames } = await import(${JSON.stringify(new URL("../../src/transport/WasmFrames.ts", import.meta.url).href)})
  const { WebSocket, WebSocketServer } = await import("effect-ws/compat")
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" })
  server.on("connection", (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })))
  await once(server, "listening")
  const client = new WebSocket("ws://127.0.0.1:" + server.address().port)
  await once(client, "open")
  const texts = ["", "one", "\u20ac".repeat(200), "x".repeat(70_000)]
  for (const text of texts) client.send(text)
  const echoed = []
  client.on("message", (data) => {
    if (echoed.push(data.toString()) < texts.length) return
    console.log(frames === MaskedFrames.portable, JSON.stringify(echoed) === JSON.stringify(texts))
    process.exit()
  })
`

it.each([
  ["with WebAssembly", "", "false true"],
  ["without", "delete globalThis.WebAssembly", "true true"],
  ["where it has no memory", "WebAssembly.Instance = class { constructor() { throw new RangeError() } }", "true true"]
])("messages come and go %s", async (_, before, expected) => {
  const flags = ["--conditions=effect-ws-source", "--input-type=module", "--eval", program(before)]
  const { stdout } = await promisify(execFile)(process.execPath, flags)
  expect(stdout.trim()).toBe(expected)
})
