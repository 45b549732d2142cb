import { createDecoder, readVarUint } from "lib0/decoding"
import { createEncoder, length, toUint8Array, writeVarUint } from "lib0/encoding"
import { once } from "node:events"
import { WebSocket, WebSocketServer } from "ws"
import { readSyncMessage, writeSyncStep1, writeUpdate } from "y-protocols/sync"
import { WebsocketProvider } from "y-websocket"
import * as Y from "yjs"

const sync = 0

const frame = (write) => {
  const encoder = createEncoder()
  writeVarUint(encoder, sync)
  write(encoder)
  return toUint8Array(encoder)
}

/** A server with one document, as y-websocket's protocol wants it. */
const serve = (server) => {
  const document = new Y.Doc()
  document.on("update", (update, origin) => {
    for (const client of server.clients) {
      if (client !== origin) client.send(frame((encoder) => writeUpdate(encoder, update)))
    }
  })
  server.on("connection", (socket) => {
    socket.on("message", (data) => {
      const decoder = createDecoder(new Uint8Array(data))
      if (readVarUint(decoder) !== sync) return
      const encoder = createEncoder()
      writeVarUint(encoder, sync)
      readSyncMessage(decoder, encoder, document, socket)
      if (length(encoder) > 1) socket.send(toUint8Array(encoder))
    })
    socket.send(frame((encoder) => writeSyncStep1(encoder, document)))
  })
}

const join = async (url) => {
  const document = new Y.Doc()
  const provider = new WebsocketProvider(url, "room", document, { WebSocketPolyfill: WebSocket, disableBc: true })
  await new Promise((resolve) => provider.once("sync", resolve))
  return { document, provider }
}

const textOf = ({ document }) => document.getText("text")
const heard = ({ document }) => new Promise((resolve) => document.once("update", resolve))

export const run = async () => {
  const server = new WebSocketServer({ port: 0 })
  serve(server)
  await once(server, "listening")
  const url = `ws://127.0.0.1:${server.address().port}`
  const [ada, bob] = [await join(url), await join(url)]
  textOf(ada).insert(0, "Hello")
  await heard(bob)
  for (const client of server.clients) client.terminate()
  textOf(ada).insert(5, ", again")
  await heard(bob)
  const carol = await join(url)
  const result = [bob, carol].map((one) => textOf(one).toString())
  for (const { document, provider } of [ada, bob, carol]) {
    provider.destroy()
    document.destroy()
  }
  server.close()
  return result
}

export const expected = ["Hello, again", "Hello, again"]
export const users = ["the program"]
