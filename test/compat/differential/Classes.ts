/** Classes that programs derive from those of the library. */
import type { IncomingMessage } from "node:http"
import type { WebSocket, WebSocketServer } from "ws"
import type { Stage } from "./Stage.ts"

type Listener = (...args: Array<unknown>) => void

const webSockets = {
  /** Knows of everything that is emitted. */
  Emitting: (stage: Stage, actor: string, Base: typeof WebSocket) =>
    class Emitting extends Base {
      override emit(event: string, ...args: Array<unknown>): boolean {
        stage.note(actor, `: emit ${event}`)
        return super.emit(event, ...args)
      }
    },
  /** Puts itself between the program and the public methods. */
  Sending: (stage: Stage, actor: string, Base: typeof WebSocket) =>
    class Sending extends Base {
      override send(...args: Array<unknown>): void {
        stage.note(actor, ": own send")
        ;(super.send as Listener)(...args)
      }
      override pong(...args: Array<unknown>): void {
        stage.note(actor, ": own pong")
        ;(super.pong as Listener)(...args)
      }
      override close(...args: Array<unknown>): void {
        stage.note(actor, ": own close")
        ;(super.close as Listener)(...args)
      }
      override terminate(): void {
        stage.note(actor, ": own terminate")
        super.terminate()
      }
    },
  /** Has a state and a listener of its own from the start. */
  Counting: (stage: Stage, actor: string, Base: typeof WebSocket) =>
    class Counting extends Base {
      private count = 0
      constructor(...args: Array<unknown>) {
        super(...args as ConstructorParameters<typeof WebSocket>)
        this.on("message", () => stage.note(actor, `: message ${++this.count}`))
      }
    }
}

const servers = {
  /** Decides for itself what it handles. */
  Choosing: (stage: Stage, actor: string, Base: typeof WebSocketServer) =>
    class Choosing extends Base {
      override shouldHandle(request: IncomingMessage): boolean {
        stage.note(actor, ": own shouldHandle", [request])
        return request.url !== "/no"
      }
    },
  /** Puts itself before the methods that make a connection. */
  Handling: (stage: Stage, actor: string, Base: typeof WebSocketServer) =>
    class Handling extends Base {
      override handleUpgrade(...args: Parameters<WebSocketServer["handleUpgrade"]>): void {
        stage.note(actor, ": own handleUpgrade", [args[0]])
        super.handleUpgrade(...args)
      }
      override emit(event: string, ...args: Array<unknown>): boolean {
        stage.note(actor, `: emit ${event}`)
        return super.emit(event, ...args)
      }
    }
}

export const webSocket = (stage: Stage, actor: string, name: string | undefined): typeof WebSocket => {
  const { WebSocket } = stage.implementation(actor)
  return name === undefined ? WebSocket : webSockets[name as keyof typeof webSockets](stage, actor, WebSocket)
}

export const server = (stage: Stage, actor: string): typeof WebSocketServer => {
  const { WebSocketServer } = stage.implementation(actor)
  const name = stage.classes.get(actor)
  if (name === undefined) return WebSocketServer
  return servers[name as keyof typeof servers](stage, actor, WebSocketServer) as unknown as typeof WebSocketServer
}
