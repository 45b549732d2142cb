/** What ws 8.23 has and its types have not, by the types of compat. */
import * as Compat from "effect-ws/compat"

const socket = new Compat.WebSocket("ws://localhost/", {
  closeTimeout: 1000,
  maxPendingAutoPongs: 10,
  protocols: ["v2", "v1"]
})

socket.binaryType = "blob"
socket.on("message", async (data) => {
  if (data instanceof Blob) console.log(await data.text())
})

export const server = new Compat.WebSocket.Server({ port: 8080, closeTimeout: 1000, maxPendingAutoPongs: 10 })

export const offers: ReadonlyArray<Record<string, ReadonlyArray<string | true>>> =
  Compat.extension.parse("permessage-deflate; client_max_window_bits")["permessage-deflate"]
export const header: string = Compat.WebSocket.extension.format({
  "permessage-deflate": [{ client_max_window_bits: 15 }]
})
export const protocols: Set<string> = Compat.subprotocol.parse("v2, v1")

const deflate = new Compat.PerMessageDeflate({ threshold: 0 })
const extensions = { [Compat.PerMessageDeflate.extensionName]: deflate }

export const receiver = new Compat.Receiver({ extensions, isServer: true, maxPayload: 1024 })
  .on("message", (data: Compat.RawData, isBinary: boolean) => console.log(data, isBinary))

export const sender = new Compat.Sender(Compat.createWebSocketStream(socket), extensions)
sender.send("text", { binary: false, compress: true, fin: true, mask: true }, (error) => console.log(error))

export const sameClasses: typeof Compat.WebSocket = Compat.WebSocket.WebSocket
