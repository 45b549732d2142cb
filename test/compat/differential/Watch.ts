/** Notes the events of whatever is made. */
import type { EventEmitter } from "node:events"
import type { Server } from "node:http"
import type { Duplex } from "node:stream"
import type { WebSocket, WebSocketServer } from "ws"
import type { Stage } from "./Stage.ts"

const watch = (stage: Stage, actor: string, target: EventEmitter, events: ReadonlyArray<string>): void => {
  const deaf = stage.deaf.get(actor) ?? []
  const heard = stage.heard.get(actor) ?? []
  for (const event of [...events, ...heard].filter((name) => !deaf.includes(name))) {
    target.on(event, function(this: unknown, ...args: Array<unknown>) {
      stage.note(actor, `on ${event}${this === target ? "" : " (with another this)"}`, args)
      stage.journal.count(actor, event)
    })
  }
}

const webSocketEvents = ["upgrade", "open", "message", "ping", "pong", "error", "close"]

export const webSocket = (stage: Stage, actor: string, target: WebSocket): void => {
  stage.add(actor, target)
  watch(stage, actor, target, webSocketEvents)
}

/** What programs look at once they have a connection. */
export const look = (stage: Stage, actor: string, { binaryType, extensions, protocol, url }: WebSocket): void =>
  stage.note(actor, "looks like", [{ binaryType, extensions, protocol, url }])

export const server = (stage: Stage, actor: string, target: WebSocketServer): void => {
  stage.add(actor, target)
  target.on("connection", (webSocketOfIt: WebSocket) => {
    const name = stage.nextName("server")
    webSocket(stage, name, webSocketOfIt)
    look(stage, name, webSocketOfIt)
  })
  watch(stage, actor, target, ["headers", "connection", "listening", "error", "close"])
}

export const stream = (stage: Stage, actor: string, target: Duplex): void => {
  stage.add(actor, target)
  watch(stage, actor, target, ["data", "end", "drain", "finish", "error", "close"])
}

export const http = (stage: Stage, actor: string, target: Server): void => {
  stage.add(actor, target)
  watch(stage, actor, target, ["listening", "error", "close"])
}
