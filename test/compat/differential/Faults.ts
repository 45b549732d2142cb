/** Implementations that are almost like ws: whoever compares them has to notice. */
import * as ws from "ws"
import type { Implementation } from "./Implementation.ts"

type Any = Array<unknown>

/** A server whose connections are of the same class. */
const around = (Faulty: typeof ws.WebSocket, changes: Partial<Implementation> = {}): Implementation => {
  class FaultyServer extends ws.WebSocketServer {
    constructor(options?: ws.ServerOptions, callback?: () => void) {
      super({ WebSocket: Faulty, ...options } as ConstructorParameters<typeof ws.WebSocketServer>[0], callback)
    }
  }
  return {
    ...ws,
    WebSocket: Faulty,
    WebSocketServer: FaultyServer as unknown as typeof ws.WebSocketServer,
    ...changes
  }
}

/** Changes what is emitted: an event's arguments, or `undefined` for nothing. */
const emitting = (change: (event: string, args: Any, self: ws.WebSocket) => Any | undefined): Implementation => {
  class Faulty extends ws.WebSocket {
    override emit(event: string, ...args: Any): boolean {
      const changed = change(event, args, this)
      return changed === undefined ? true : super.emit(event, ...changed)
    }
  }
  return around(Faulty)
}

const of = (members: object): Implementation => {
  class Faulty extends ws.WebSocket {}
  Object.defineProperties(Faulty.prototype, Object.getOwnPropertyDescriptors(members))
  return around(Faulty)
}

const prototype = ws.WebSocket.prototype as unknown as {
  readonly [name: string]: (this: unknown, ...args: Any) => unknown
}

type Callback = (...args: Any) => void

/** Derived like the others, but right. */
export const faultless = of({})

export const faults: { readonly [name: string]: Implementation } = {
  "an empty close has the code 1000": emitting((event, args) =>
    event === "close" && args[0] === 1005 ? [1000, args[1]] : args
  ),
  "a reason is a string": emitting((event, args) => event === "close" ? [args[0], String(args[1])] : args),
  "a message does not say whether it is binary": emitting((event, args) => event === "message" ? [args[0]] : args),
  "a text is a string": emitting((event, args) =>
    event === "message" && args[1] === false ? [String(args[0]), false] : args
  ),
  "errors are not told": emitting((event, args) => event === "error" ? undefined : args),
  "an error has no code": emitting((event, args) => event === "error" ? [new Error((args[0] as Error).message)] : args),
  "an error has another type": emitting((event, args) =>
    event === "error"
      ? [Object.assign(new Error((args[0] as Error).message), { code: (args[0] as { code?: string }).code })]
      : args
  ),
  "pongs are not told": emitting((event, args) => event === "pong" ? undefined : args),
  "an exception in a listener is swallowed": (() => {
    class Faulty extends ws.WebSocket {
      override emit(event: string, ...args: Any): boolean {
        try {
          return super.emit(event, ...args)
        } catch {
          return true
        }
      }
    }
    return around(Faulty)
  })(),
  "a message comes late": (() => {
    class Faulty extends ws.WebSocket {
      override emit(event: string, ...args: Any): boolean {
        if (event !== "message") return super.emit(event, ...args)
        setImmediate(() => super.emit(event, ...args))
        return true
      }
    }
    return around(Faulty)
  })(),
  "a callback is called twice": of({
    send(data: unknown, options: unknown, callback?: Callback) {
      const last = typeof options === "function" ? options as Callback : callback
      const twice = last && ((...args: Any) => {
        last(...args)
        last(...args)
      })
      return prototype.send.call(this, data, typeof options === "function" ? {} : options, twice)
    }
  }),
  "a callback is never called": of({
    send(data: unknown, options: unknown) {
      return prototype.send.call(this, data, typeof options === "function" ? {} : options)
    }
  }),
  "nothing is ever buffered": of({
    get bufferedAmount() {
      return 0
    }
  }),
  "a server's WebSocket has a URL": of({
    get url() {
      return (this as { _url?: string })._url ?? ""
    }
  }),
  "pause does nothing": of({ pause() {} }),
  "terminate is a close": of({
    terminate() {
      return prototype.close.call(this)
    }
  }),
  "close forgets the reason": of({
    close(code?: number) {
      return prototype.close.call(this, code)
    }
  }),
  "binaryType stays": of({
    get binaryType() {
      return "nodebuffer"
    },
    set binaryType(_) {}
  }),
  "a ping too many": emitting((event, args, self) => {
    if (event === "open") queueMicrotask(() => self.ping())
    return args
  }),
  "a header too many": (() => {
    class FaultyServer extends ws.WebSocketServer {
      override emit(event: string, ...args: Any): boolean {
        if (event === "headers") (args[0] as Array<string>).push("X-Powered-By: a fault")
        return super.emit(event, ...args)
      }
    }
    return { ...ws, WebSocketServer: FaultyServer as unknown as typeof ws.WebSocketServer }
  })(),
  "a closed server takes more": (() => {
    class FaultyServer extends ws.WebSocketServer {
      override close(callback?: (error?: Error) => void): void {
        if (callback !== undefined) setImmediate(callback)
      }
    }
    return { ...ws, WebSocketServer: FaultyServer as unknown as typeof ws.WebSocketServer }
  })(),
  "a stream is never full": {
    ...ws,
    createWebSocketStream: (socket, options) =>
      ws.createWebSocketStream(socket, { ...options, readableHighWaterMark: 1e9 })
  }
}
