import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Project from "../compat/register/Project.ts"
import * as Programs from "../compat/types/Programs.ts"
import * as PackedPackage from "./PackedPackage.ts"

const settings = {
  compilerOptions: {
    target: "es2024",
    lib: ["es2024", "esnext.disposable", "dom"],
    types: ["node"],
    module: "nodenext",
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true
  }
}

const program = `
import { NodeRuntime } from "@effect/platform-node"
import { Layer, Stream } from "effect"
import { NodeWebSocketServer, WebSocketServer } from "effect-ws"

const Echo = WebSocketServer.handle("/echo", ({ messages, sink }) => Stream.run(messages, sink))

Echo.pipe(Layer.provide(NodeWebSocketServer.layer({ port: 8080 })), Layer.launch, NodeRuntime.runMain)
`

/** Written for ws, and compiled with compat instead. */
const programsForWs = Object.fromEntries(
  Programs.all.flatMap((one) => Object.entries(Programs.filesOf(one)).filter(([file]) => file.startsWith("compat/")))
)

const programInCommonJs = `
const assert = require("node:assert")
const WebSocket = require("effect-ws/compat")
const { WebSocketServer } = WebSocket
class Client extends WebSocket {}
assert.equal(new Client(null, undefined, {}).readyState, WebSocket.CONNECTING)
assert.ok(new WebSocketServer({ noServer: true }) instanceof WebSocket.Server)
import("effect-ws/compat").then((compat) => {
  assert.equal(compat.default, WebSocket)
  console.log("ok")
})
`

const programAlone = `
const assert = require("node:assert")
const { once } = require("node:events")
const WebSocket = require("effect-ws/compat")
const server = new WebSocket.Server({ port: 0 })
server.on("connection", (socket) => socket.on("message", (data) => socket.send(data)))
server.on("listening", async () => {
  const client = new WebSocket("ws://localhost:" + server.address().port)
  client.on("open", () => client.send("Hello"))
  const [data] = await once(client, "message")
  assert.equal(String(data), "Hello")
  client.close()
  server.close(() => console.log("ok"))
})
`

const loadedWithCompat = `
import { registerHooks } from "node:module"
registerHooks({
  load: (url, context, next) => {
    const name = url.match(/effect-ws\\/dist\\/(.+)\\.js$/)?.[1]
    if (name !== undefined) console.log(name)
    return next(url, context)
  }
})
await import("effect-ws/compat")
`

const imports = (modules: ReadonlyArray<string>): string =>
  modules.map((name, index) => `export * as Module${index} from "${name}"`).join("\n")

describe("the npm package", () => {
  let packed: ReturnType<typeof PackedPackage.make>

  beforeAll(() => {
    packed = PackedPackage.make()
  }, 120_000)

  afterAll(() => packed?.remove())

  it("holds the sources, what they compile to, and what describes them", () => {
    const tops = new Set(packed.paths.map((path) => path.split("/")[1]))
    const texts = [".github", "CHANGELOG.md", "LICENSE", "README.md"]
    expect([...tops].toSorted()).toEqual([...texts, "dist", "examples", "package.json", "src"])
  })

  it("has the sources that its source maps speak of", () => {
    const sources = packed.sourcesOfMaps()
    expect(sources).not.toEqual([])
    expect(packed.paths).toEqual(expect.arrayContaining([...sources]))
  })

  it("gives a program for ws in four files", () => {
    const files = ["compat/index", "compat/bundle", "connection/bundle", "protocol/bundle"]
    expect(packed.run("loaded.mjs", loadedWithCompat).trim().split("\n").toSorted()).toEqual(files.toSorted())
  })

  it("gives every module to import in plain JavaScript", () => {
    expect(packed.run("import.mjs", imports(packed.modules))).toBe("")
  })

  it("gives every module to require() in plain JavaScript", () => {
    const requires = packed.modules.map((name) => `require("${name}")`).join("\n")
    expect(packed.run("require.cjs", requires)).toBe("")
  })

  it("gives require() the class that ws gives", () => {
    expect(packed.run("compat.cjs", programInCommonJs)).toBe("ok\n")
  })

  it("has all of compat in one file for those who cannot require() modules, such as Jest", () => {
    expect(packed.run("alone.cjs", programAlone, "--no-experimental-require-module")).toBe("ok\n")
  })

  it("gives itself to programs for ws with effect-ws/register", () => {
    Project.write(packed.folder)
    for (const program of ["app.mjs", "app.cjs", "worker.mjs"]) {
      expect(Project.run(packed.folder, ["--import", "effect-ws/register", program])).toBe("ok\n")
    }
  })

  it("has declarations against which strict TypeScript compiles, also what was written for ws", () => {
    const files = {
      "tsconfig.json": JSON.stringify(settings),
      "program.ts": program,
      "modules.ts": imports(packed.modules),
      ...programsForWs
    }
    expect(packed.compile(files)).toBe("")
  }, 120_000)
})
