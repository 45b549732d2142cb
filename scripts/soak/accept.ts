import { hash } from "node:crypto"

/** The head that says yes to a request. */
export const acceptOf = (head: string): string => {
  const key = /sec-websocket-key: (.*)\r\n/i.exec(head)?.[1] ?? ""
  const accept = hash("sha1", `${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`, "base64")
  const fields = ["Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Accept: ${accept}`]
  return ["HTTP/1.1 101 Switching Protocols", ...fields, "", ""].join("\r\n")
}
