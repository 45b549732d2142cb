/**
 * ws's `createWebSocketStream`: a WebSocket as a Node Duplex.
 *
 * @since 0.1.0
 */
import { Duplex, type DuplexOptions } from "node:stream"
import type { WebSocket } from "./WebSocket.ts"

type Done = (error?: Error | null) => void

/** What is not the program's choice: the stream's end is the connection's. */
const own = {
  autoDestroy: false,
  emitClose: false,
  objectMode: false,
  writableObjectMode: false
}

/** A WebSocket and its stream, which has nothing of it but Node's methods: programs may put there what they like. */
class WebSocketStream {
  readonly duplex: Duplex
  private readonly websocket: WebSocket
  /** Whether the connection has failed by itself, and says so to its peer. */
  private failed = false

  constructor(websocket: WebSocket, options: DuplexOptions | undefined) {
    const duplex = this.duplex = new Duplex({ ...options, ...own })
    this.websocket = websocket
    duplex._read = () => this.read()
    duplex._write = (chunk: Buffer, _encoding, done) => this.write(chunk, done)
    duplex._final = (done) => this.final(done)
    duplex._destroy = (error, done) => this.destroy(error, done)
    websocket.on("message", (data: Buffer, isBinary: boolean) => this.receive(data, isBinary))
    websocket.once("error", (error: Error) => this.fail(error))
    websocket.once("close", () => duplex.destroyed || duplex.push(null))
    duplex.on("end", () => this.destroyIfDone())
    duplex.on("finish", () => this.destroyIfDone())
    duplex.on("error", this.onOwnError)
  }

  // ---- reading ----

  private receive(data: Buffer, isBinary: boolean): void {
    const chunk = !isBinary && this.duplex.readableObjectMode ? data.toString() : data
    if (!this.duplex.push(chunk)) this.websocket.pause()
  }

  private read(): void {
    if (this.websocket.isPaused) this.websocket.resume()
  }

  // ---- writing ----

  private write(chunk: Buffer, done: Done): void {
    this.whenOpen(() => this.websocket.send(chunk, done))
  }

  /** Closes, and waits for what was written to be out. */
  private final(done: Done): void {
    this.whenOpen(() => {
      const { _socket: socket, readyState } = this.websocket
      if (socket === null) return
      if (!socket.writableFinished && readyState !== 3) socket.once("finish", done)
      else {
        done()
        if (this.duplex.readableEnded) this.duplex.destroy()
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
    if (this.duplex.destroyed) return
    this.failed = true
    this.duplex.destroy(error)
  }

  private destroyIfDone(): void {
    const { destroyed, readableEnded, writableFinished } = this.duplex
    if (!destroyed && readableEnded && writableFinished) this.duplex.destroy()
  }

  /** Ends with the connection, and is closed after it. */
  private destroy(error: Error | null, done: Done): void {
    const { duplex, websocket } = this
    const close = () => process.nextTick(() => duplex.emit("close"))
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
    const { duplex } = this
    duplex.removeListener("error", this.onOwnError)
    duplex.destroy()
    if (duplex.listenerCount("error") === 0) duplex.emit("error", error)
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
  new WebSocketStream(websocket, options).duplex
