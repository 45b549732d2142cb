/** A realm such as Jest makes for browsers' tests: much in it is another than Node's, or is not there. */
import { once } from "node:events"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import { createContext, runInContext } from "node:vm"
import { rolldown } from "rolldown"
import { expect, it } from "vitest"
import type * as ws from "ws"

const bundled = async (): Promise<string> => {
  const input = fileURLToPath(new URL("../../src/compat/index.ts", import.meta.url))
  const build = await rolldown({ input, platform: "node" })
  const { output: [{ code }] } = await build.generate({ format: "cjs", codeSplitting: false, exports: "named" })
  await build.close()
  return code.replaceAll("import.meta.url", JSON.stringify(import.meta.url))
}

/** All that is global in Node, but for what the language itself has. */
const globals = (): object => {
  const language = runInContext("Object.getOwnPropertyNames(globalThis)", createContext())
  const names = Object.getOwnPropertyNames(globalThis).filter((name) => !language.includes(name))
  return Object.fromEntries(names.map((name) => [name, globalThis[name as keyof typeof globalThis]]))
}

type Timing = [callback: () => void, milliseconds?: number]

const browserlike = {
  URL: Map,
  TextDecoder: undefined,
  TextEncoder: undefined,
  setTimeout: (...given: Timing) => Number(setTimeout(...given)),
  setInterval: (...given: Timing) => Number(setInterval(...given))
}

it("is talked in as anywhere", async () => {
  const exports: Partial<typeof ws> = {}
  const require = createRequire(import.meta.url)
  const context = createContext({ ...globals(), ...browserlike, module: { exports }, exports, require })
  runInContext(await bundled(), context)
  expect(runInContext("new Uint8Array(0)", context)).not.toBeInstanceOf(Uint8Array)
  const { WebSocket, WebSocketServer } = exports as typeof ws
  const server = new WebSocketServer({ port: 0, perMessageDeflate: { threshold: 100 } })
  server.on("connection", (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })))
  await once(server, "listening")
  const client = new WebSocket(`ws://localhost:${(server.address() as { port: number }).port}`)
  const heard: Array<unknown> = []
  client.on("message", (data: Buffer, binary) => heard.push([data.toString("latin1"), binary]))
  await once(client, "open")
  const long = "long ".repeat(100)
  client.send("text")
  client.send(Buffer.from("octets"))
  client.send(new Uint8Array([0x75, 0x38]))
  client.send(long)
  client.send("frag", { fin: false })
  client.send("ments")
  client.close(4000, "bye")
  const [code, reason] = await once(client, "close")
  server.close()
  expect([code, String(reason)]).toEqual([4000, "bye"])
  expect(heard).toEqual([
    ["text", false],
    ["octets", true],
    ["u8", true],
    [long, false],
    ["fragments", false]
  ])
})
