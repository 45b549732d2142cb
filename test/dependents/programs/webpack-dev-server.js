import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import webpack from "webpack"
import WebpackDevServer from "webpack-dev-server"
import { WebSocket } from "ws"

/** What the client in a page is told, message by message. */
const listen = async (port) => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { origin: `http://127.0.0.1:${port}` })
  const told = []
  socket.on("message", (data) => told.push(JSON.parse(String(data))))
  await once(socket, "open")
  const until = async (type) => {
    for (;;) {
      const found = told.findIndex((message) => message.type === type)
      if (found >= 0) return told.splice(0, found + 1).at(-1)
      await once(socket, "message")
    }
  }
  return { close: () => socket.close(), until }
}

const isManifest = (name) => name.endsWith(".hot-update.json")

export const run = async () => {
  const folder = mkdtempSync(join(tmpdir(), "effect-ws-webpack-"))
  const entry = join(folder, "index.js")
  writeFileSync(entry, "document.title = 'first'")
  const compiler = webpack({
    mode: "development",
    context: folder,
    entry,
    cache: false,
    stats: "none",
    infrastructureLogging: { level: "none" },
    watchOptions: { poll: 50 }
  })
  const server = new WebpackDevServer({ host: "127.0.0.1", port: "auto", client: false, hot: "only" }, compiler)
  await server.start()
  const { port } = server.server.address()
  const page = await listen(port)
  const { data: first } = await page.until("hash")
  await page.until("ok")
  const manifests = []
  compiler.hooks.assetEmitted.tap("test", (name) => {
    if (isManifest(name)) manifests.push(name)
  })
  writeFileSync(entry, "document.title = 'second'")
  await page.until("invalid")
  const { data: second } = await page.until("hash")
  await page.until("ok")
  const bundle = await (await fetch(`http://127.0.0.1:${port}/main.js`)).text()
  const update = await (await fetch(`http://127.0.0.1:${port}/${manifests[0]}`)).json()
  page.close()
  await server.stop()
  rmSync(folder, { recursive: true })
  return [first !== second, manifests[0].includes(String(first)), bundle.includes("second"), update.c]
}

export const expected = [true, true, true, ["main"]]
export const users = ["the program", "webpack-dev-middleware"]
