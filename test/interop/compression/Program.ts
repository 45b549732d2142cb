/**
 * A program over the WHATWG WebSocket, for Node's and for browsers: it runs where it is evaluated, and depends on
 * nothing outside of `run`.
 */

/** Octets are in base64. */
type Item = string | { readonly octets: string }

export interface Task {
  readonly url: string
  /** What the server says first. */
  readonly greeting: string
  /** Each is sent when the one before has come back. */
  readonly messages: ReadonlyArray<Item>
}

export interface Outcome {
  /** How many messages came back as they were. */
  readonly same: number
  readonly extensions: string
  readonly code: number
}

export const itemOf = (payload: string | Buffer): Item =>
  typeof payload === "string" ? payload : { octets: payload.toString("base64") }

// oxlint-disable unicorn/consistent-function-scoping -- a browser is given this function alone
export const run = ({ greeting, messages, url }: Task): Promise<Outcome> => {
  const toOctets = (base64: string) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  const isSame = (data: string | ArrayBuffer, item: Item | undefined): boolean => {
    if (typeof item !== "object" || typeof data === "string") return data === item
    const [came, sent] = [new Uint8Array(data), toOctets(item.octets)]
    return came.length === sent.length && came.every((octet, i) => octet === sent[i])
  }
  return new Promise((resolve) => {
    const socket = new WebSocket(url)
    let same = 0
    socket.binaryType = "arraybuffer"
    socket.addEventListener("message", ({ data }) => {
      if (!isSame(data as string | ArrayBuffer, same === 0 ? greeting : messages[same - 1])) return socket.close(4000)
      const item = messages[same++]
      if (item === undefined) socket.close(1000)
      else socket.send(typeof item === "string" ? item : toOctets(item.octets))
    })
    socket.addEventListener("close", ({ code }) => resolve({ same: same - 1, extensions: socket.extensions, code }))
  })
}
