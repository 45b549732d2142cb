/**
 * A program over the WHATWG WebSocket, for Node's and for browsers: it runs where it is evaluated, and depends on
 * nothing outside of `run`.
 */

/** What is to be done: each step opens one connection. */
export interface Task {
  readonly url: string
  /** Sent when the connection is open. A number stands for a binary message of so many octets. */
  readonly send?: ReadonlyArray<string | number>
  readonly protocols?: ReadonlyArray<string>
  /** Closes, after so many messages have come. */
  readonly closeAfter?: { readonly count: number; readonly code?: number; readonly reason?: string }
}

/** What came of it. Of a message over 1 MiB or in octets, there is only a summary. */
export interface Outcome {
  readonly messages: ReadonlyArray<string>
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean
  readonly protocol: string
  readonly extensions: string
}

/** What `run` says of a binary message as it sends it. */
export const summaryOf = (size: number): string => `${size} octets as sent`

// oxlint-disable unicorn/consistent-function-scoping -- a browser is given this function alone
export const run = (task: Task): Promise<Outcome> => {
  const octets = (size: number) => Uint8Array.from({ length: size }, (_, i) => i % 251)
  const summarize = (data: string | ArrayBuffer): string => {
    if (typeof data === "string") return data
    const bytes = new Uint8Array(data)
    const same = bytes.every((octet, i) => octet === i % 251)
    return `${bytes.length} octets ${same ? "as sent" : "that are wrong"}`
  }
  return new Promise((resolve) => {
    const socket = new WebSocket(task.url, [...task.protocols ?? []])
    const messages: Array<string> = []
    const closeIfDone = () => {
      const { closeAfter } = task
      if (closeAfter !== undefined && messages.length === closeAfter.count) {
        socket.close(closeAfter.code, closeAfter.reason)
      }
    }
    socket.binaryType = "arraybuffer"
    socket.addEventListener("open", () => {
      for (const item of task.send ?? []) socket.send(typeof item === "string" ? item : octets(item))
      closeIfDone()
    })
    socket.addEventListener("message", ({ data }) => {
      messages.push(summarize(data as string | ArrayBuffer))
      closeIfDone()
    })
    socket.addEventListener("close", ({ code, reason, wasClean }) => {
      resolve({ messages, code, reason, wasClean, protocol: socket.protocol, extensions: socket.extensions })
    })
  })
}
