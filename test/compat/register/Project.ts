/** A project whose programs and dependencies use ws, where the package ws itself must not be loaded. */
import { spawnSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

const conversation = `
const server = new required.WebSocketServer({ port: 0 }, () => {
  const client = new imported.WebSocket("ws://localhost:" + server.address().port)
  assert.ok(client instanceof required)
  client.on("open", () => client.send("ok"))
  client.on("message", (data) => {
    console.log(String(data))
    client.close()
    server.close()
  })
})
server.on("connection", (socket) => {
  assert.ok(socket instanceof imported.WebSocket)
  socket.on("message", (data) => socket.send(String(data)))
})`

const manifest = (name: string, type: string): string =>
  JSON.stringify({ name, version: "1.0.0", type, main: "index.js" })

const dependencies = {
  "ws/package.json": manifest("ws", "commonjs"),
  "ws/index.js": `throw new Error("ws itself was loaded")`,
  "ws/lib/constants.js": `module.exports = "constants of ws"`,
  "ws.js/package.json": manifest("ws.js", "commonjs"),
  "ws.js/index.js": `module.exports = "another package"`,
  "required/package.json": manifest("required", "commonjs"),
  "required/index.js": `module.exports = require("ws")`,
  "imported/package.json": manifest("imported", "module"),
  "imported/index.js": `export { default, WebSocket } from "ws"`
}

const programs = {
  "app.mjs": `
import assert from "node:assert"
import { createRequire } from "node:module"
import imported, { WebSocket } from "imported"
import required from "required"
import * as ws from "ws"
import Sender from "ws/lib/sender.js"

const compat = await import("effect-ws/compat")
for (const one of [imported, WebSocket, ws.default, (await import("ws")).WebSocket, createRequire(import.meta.url)("ws")]) {
  assert.equal(one, required)
  assert.equal(one, compat.default)
}
assert.equal(Sender, required.Sender)
assert.deepEqual(Object.keys(ws).filter((name) => name !== "module.exports"), [
  "PerMessageDeflate", "Receiver", "Sender", "WebSocket", "WebSocketServer", "createWebSocketStream", "default",
  "extension", "subprotocol"
])
${conversation.replaceAll("imported.WebSocket", "WebSocket")}`,

  "app.cjs": `
const assert = require("node:assert")
const WebSocket = require("ws")
const required = require("required")
const imported = require("imported")

assert.equal(WebSocket, required)
assert.equal(WebSocket, imported.default)
assert.equal(WebSocket, require("effect-ws/compat"))
for (const name of ["ws/index.js", "ws/lib/websocket", "ws/lib/websocket.js", "ws/wrapper.mjs"]) {
  assert.equal(require(name), WebSocket)
}
for (const [name, part] of [
  ["extension", WebSocket.extension],
  ["permessage-deflate", WebSocket.PerMessageDeflate],
  ["receiver", WebSocket.Receiver],
  ["sender", WebSocket.Sender],
  ["stream", WebSocket.createWebSocketStream],
  ["subprotocol", WebSocket.subprotocol],
  ["websocket-server", WebSocket.Server]
]) {
  assert.ok(part)
  assert.equal(require("ws/lib/" + name), part)
  assert.equal(require("ws/lib/" + name + ".js"), part)
}
assert.equal(require("ws/lib/constants"), "constants of ws")
assert.equal(require("ws/package.json").name, "ws")
assert.equal(require("ws.js"), "another package")
${conversation}`,

  "first.cjs": `require("effect-ws/register")\nrequire("./app.cjs")`,
  "first.mjs": `import "effect-ws/register"\nawait import("./app.mjs")`,
  "worker.mjs": `import { Worker } from "node:worker_threads"\nnew Worker(new URL("./app.mjs", import.meta.url))`,
  "old-node.mjs": `
import Module, { syncBuiltinESMExports } from "node:module"
delete Module.registerHooks
syncBuiltinESMExports()
await import("effect-ws/register")`
}

/** Writes it all to a folder; `effect-ws` is not part of it. */
export const write = (folder: string): void => {
  const installed = Object.entries(dependencies).map(([name, text]) => [`node_modules/${name}`, text] as const)
  for (const [name, text] of [...installed, ...Object.entries(programs)]) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

/** What `node` prints in the folder, to both its outputs. */
export const run = (folder: string, args: ReadonlyArray<string>, nodeOptions = ""): string => {
  const options = { cwd: folder, encoding: "utf8", env: { ...process.env, NODE_OPTIONS: nodeOptions } } as const
  const { stderr, stdout } = spawnSync(process.execPath, args, { ...options, timeout: 20_000 })
  return `${stdout}${stderr}`
}
