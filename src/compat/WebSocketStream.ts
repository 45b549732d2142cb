/**
 * ws's `createWebSocketStream`: a WebSocket as a Node Duplex.
 *
 * @since 0.1.0
 */
import { Duplex, type DuplexOptions } from "node:stream"
import type { WebSocket } from "./WebSocket.ts"

/**
 * Makes a Duplex of a WebSocket: what is read are its messages, what is written becomes one message each.
 *
 * **Details**
 *
 * The stream ends with the connection, and closes it when it is ended or destroyed. Backpressure goes both ways: the peer
 * is held back while nobody reads, and a write is done when the operating system has taken the message.
 *
 * @category conversions
 * @since 0.1.0
 */
export const createWebSocketStream = (websocket: WebSocket, options: DuplexOptions = {}): Duplex => {
  let terminates = true
  const duplex = new Duplex({
    ...options,
    autoDestroy: false,
    emitClose: false,
    objectMode: false,
    writableObjectMode: false,
    read() {
      if (websocket.isPaused) websocket.resume()
    },
    write(chunk: Buffer, encoding, callback) {
      whenOpen(() => websocket.send(chunk, callback))
      void encoding
    },
    final(callback) {
      whenOpen(() => {
        if (websocket._socket === null) return
        if (websocket.readyState === 3 || websocket._socket.writableFinished) {
          callback()
          if (duplex.readableEnded) duplex.destroy()
          return
        }
        websocket._socket.once("finish", callback)
        websocket.close()
      })
    },
    destroy(error, callback) {
      if (websocket.readyState === 3) {
        callback(error)
        return process.nextTick(() => duplex.emit("close"))
      }
      let isReported = false
      websocket.once("error", (reason) => {
        isReported = true
        callback(reason)
      })
      websocket.once("close", () => {
        if (!isReported) callback(error)
        process.nextTick(() => duplex.emit("close"))
      })
      if (terminates) websocket.terminate()
    }
  })

  const whenOpen = (job: () => void): void => {
    if (websocket.readyState === 0) websocket.once("open", job)
    else job()
  }

  websocket.on("message", (data: Buffer, isBinary: boolean) => {
    const chunk = !isBinary && duplex.readableObjectMode ? data.toString() : data
    if (!duplex.push(chunk)) websocket.pause()
  })
  websocket.once("error", (error) => {
    if (duplex.destroyed) return
    // The connection is closing already, with the code that says why
    terminates = false
    duplex.destroy(error)
  })
  websocket.once("close", () => {
    if (!duplex.destroyed) duplex.push(null)
  })
  const destroyWhenEnded = (): void => {
    if (!duplex.destroyed && duplex.readableEnded && duplex.writableFinished) duplex.destroy()
  }
  duplex.on("end", destroyWhenEnded)
  duplex.on("finish", destroyWhenEnded)
  duplex.on("error", function onError(error: Error) {
    duplex.removeListener("error", onError)
    duplex.destroy()
    if (duplex.listenerCount("error") === 0) duplex.emit("error", error)
  })
  return duplex
}
