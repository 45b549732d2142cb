/**
 * Sockets in memory, for whatever wants a Node stream.
 *
 * @since 0.1.0
 */
import { Duplex } from "node:stream"
import type { MemoryTransport } from "../transport/MemoryTransport.ts"

type Callback = (error?: Error | null) => void

/**
 * A stream over one side of a pair in memory. A write is done when the line is not congested, as a socket's is when the
 * operating system has taken it.
 *
 * @category models
 * @since 0.1.0
 */
export class NodeMemorySocket extends Duplex {
  readonly remoteAddress = "127.0.0.1"
  private readonly transport: MemoryTransport

  constructor(transport: MemoryTransport) {
    super()
    this.transport = transport
    transport.start({
      room: () => undefined,
      onBytes: (chunk) => {
        if (!this.push(chunk)) transport.pause()
      },
      onDrain: () => {},
      onEnd: () => this.push(null),
      onClose: (error) => this.close(error)
    })
  }

  /** What came before the end can still be read, as from a socket. */
  private close(error: Error | undefined): void {
    if (error !== undefined) return void this.destroy(error)
    this.push(null)
    if (this.readableLength > 0) this.once("end", () => this.destroy())
    else this.destroy()
  }

  override _read(): void {
    this.transport.resume()
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: Callback): void {
    this.transport.write([chunk], callback)
  }

  override _writev(chunks: Array<{ readonly chunk: Uint8Array }>, callback: Callback): void {
    this.transport.write(chunks.map(({ chunk }) => chunk), callback)
  }

  override _final(callback: Callback): void {
    this.transport.end()
    callback()
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.transport.destroy()
    callback(error)
  }
}
