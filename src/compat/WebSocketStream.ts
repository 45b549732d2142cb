/**
 * ws's `createWebSocketStream`: a WebSocket as a Node Duplex.
 *
 * @since 0.1.0
 */
import { Duplex, type DuplexOptions } from "node:stream"
import type { WebSocket } from "./WebSocket.ts"

type Done = (error?: Error | null) => void

/** What the stream does itself, whatever is asked for: its end is the connection's. */
const own = {
  autoDestroy: false,
  emitClose: false,
  objectMode: false,
  writableObjectMode: false,
  read: undefined,
  write: undefined,
  final: undefined,
  destroy: undefined
}

class WebSocketStream extends Duplex {
  private readonly websocket: WebSocket
  /** Whether the connection has failed by itself, and says so to its peer. */
  private failed = false

  constructor(websocket: WebSocket, options: DuplexOptions | undefined) {
    super({ ...options, ...own })
    this.websocket = websocket
    websocket.on("message", (data: Buffer, isBinary: boolean) => this.receive(data, isBinary))
    websocket.once("error", (error: Error) => this.fail(error))
    websocket.once("close", () => this.destroyed || this.push(null))
    this.on("end", () => this.destroyIfDone())
    this.on("finish", () => this.destroyIfDone())
    this.on("error", this.onOwnError)
  }

  // ---- reading ----

  private receive(data: Buffer, isBinary: boolean): void {
    const chunk = !isBinary && this.readableObjectMode ? data.toString() : data
    if (!this.push(chunk)) this.websocket.pause()
  }

  override _read(): void {
    if (this.websocket.isPaused) this.websocket.resume()
  }

  // ---- writing ----

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.whenOpen(() => this.websocket.send(chunk, done))
  }

  /** Closes, and waits for what was written to be out. */
  override _final(done: Done): void {
    this.whenOpen(() => {
      const { _socket: socket, readyState } = this.websocket
      if (socket === null) return
      if (!socket.writableFinished && readyState !== 3) socket.once("finish", done)
      else {
        done()
        if (this.readableEnded) this.destroy()
      }
      if (!socket.writableFinished) this.websocket.close()
    })
  }

  private whenOpen(job: () => void): void {
    if (this.websocket.readyState === 0) this.websocket.once("open", job)
    else job()
  }

  // ---- the end ----

  private fail(error: Error): void {
    if (this.destroyed) return
    this.failed = true
    this.destroy(error)
  }

  private destroyIfDone(): void {
    if (!this.destroyed && this.readableEnded && this.writableFinished) this.destroy()
  }

  /** Ends with the connection, and is closed after it. */
  override _destroy(error: Error | null, done: Done): void {
    const websocket = this.websocket as WebSocket | undefined
    if (websocket === undefined) return done(error) // a signal was aborted before, and the constructor destroys
    const close = () => process.nextTick(() => this.emit("close"))
    if (websocket.readyState === 3) {
      done(error)
      return void close()
    }
    let isTold = false
    websocket.once("error", (reason: Error) => {
      isTold = true
      done(reason)
    })
    websocket.once("close", () => {
      if (!isTold) done(error)
      close()
    })
    if (!this.failed) websocket.terminate()
  }

  /** An error of the stream's own ends the connection too; it is nobody's fault but still has to be heard. */
  private readonly onOwnError = (error: Error): void => {
    this.removeListener("error", this.onOwnError)
    this.destroy()
    if (this.listenerCount("error") === 0) this.emit("error", error)
  }
}

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
export const createWebSocketStream = (websocket: WebSocket, options?: DuplexOptions): Duplex =>
  new WebSocketStream(websocket, options)
