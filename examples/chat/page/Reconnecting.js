/** A connection that comes back: after a close it waits, longer each time, and connects again. */

/**
 * @typedef {{ readonly _tag: "Connecting" } | { readonly _tag: "Open" } | {
 *   readonly _tag: "Waiting", readonly code: number, readonly milliseconds: number
 * }} State
 */

/** From half a second to ten, and not all pages at once. @param {number} attempt */
const delayOf = (attempt) => Math.min(500 * 2 ** attempt, 10_000) * (0.75 + Math.random() / 2)

/**
 * @param {URL} url
 * @param {{ readonly onState: (state: State) => void, readonly onMessage: (data: string) => void }} listeners
 */
export const connect = (url, { onMessage, onState }) => {
  /** @type {WebSocket} */
  let socket
  let attempt = 0

  const open = () => {
    onState({ _tag: "Connecting" })
    socket = new WebSocket(url)
    socket.addEventListener("open", () => {
      attempt = 0
      onState({ _tag: "Open" })
    })
    socket.addEventListener("message", ({ data }) => onMessage(data))
    socket.addEventListener("close", ({ code }) => {
      const milliseconds = delayOf(attempt++)
      onState({ _tag: "Waiting", code, milliseconds })
      setTimeout(open, milliseconds)
    })
  }

  open()
  return {
    /** @param {string} data */
    send: (data) => socket.send(data)
  }
}
