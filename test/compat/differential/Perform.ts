/** Does what a step says: calls the method that is asked for, but for those that are made up for scripts. */
import { createServer } from "node:http"
import type { Duplex } from "node:stream"
import type { ServerOptions, WebSocket, WebSocketServer } from "ws"
import * as Classes from "./Classes.ts"
import * as Digest from "./Digest.ts"
import * as Material from "./Material.ts"
import * as Script from "./Script.ts"
import { sideOf, type Stage } from "./Stage.ts"
import * as Watch from "./Watch.ts"

type Method = (...args: ReadonlyArray<unknown>) => unknown

const add = (lists: Map<string, Array<string>>, actor: string, events: ReadonlyArray<unknown>): void =>
  void lists.set(actor, [...lists.get(actor) ?? [], ...events as ReadonlyArray<string>])

/** An exception that a listener throws on purpose. */
class Thrown extends Error {
  override readonly name = "Thrown"
}

const dial = (stage: Stage, actor: string, args: ReadonlyArray<unknown>): void => {
  const [path, ...rest] = args.length === 0 ? ["/"] : args
  const scheme = stage.network.isSecure ? "wss" : "ws"
  const base = `${scheme}://127.0.0.1:${stage.network.port}`
  const url = typeof path === "string" && path.startsWith("/") ? base + path : path
  const Class = Classes.webSocket(stage, actor, stage.classes.get(actor))
  Watch.webSocket(stage, actor, new Class(...[url, ...rest] as ConstructorParameters<typeof WebSocket>))
}

const makeHttp = (stage: Stage): ReturnType<typeof createServer> => {
  const server = createServer((request, response) => {
    stage.note("http", "has a request of its own", [request])
    response.end("the application")
  })
  Watch.http(stage, "http", server)
  server.listen(0, "127.0.0.1")
  return server
}

const acceptAll = (stage: Stage, actor: string): void => {
  const server = stage.targets.get("http") as ReturnType<typeof createServer>
  server.on("upgrade", (request, socket, head) => {
    const target = stage.targets.get(actor) as WebSocketServer
    target.handleUpgrade(request, socket, head, (webSocket, ...rest) => {
      stage.note(actor, ": handleUpgrade calls back", [webSocket, ...rest])
      target.emit("connection", webSocket, request)
    })
  })
}

/** `mode` is "port", "server" or "noServer", or "bare" for the options as they are. */
const serve = (stage: Stage, actor: string, [options = {}, mode = "port", ...rest]: ReadonlyArray<unknown>): void => {
  const Class = Classes.server(stage, actor)
  const external = () => stage.targets.get("http") ?? makeHttp(stage)
  const modes: { readonly [mode: string]: () => object } = {
    port: () => ({ port: 0, host: "127.0.0.1" }),
    server: () => ({ server: external() }),
    noServer: () => external() && { noServer: true },
    bare: () => ({})
  }
  const all = { ...modes[String(mode)](), ...options as ServerOptions }
  Watch.server(stage, actor, new Class(all, ...rest as [() => void]))
  if (mode === "noServer") acceptAll(stage, actor)
}

type Special = (stage: Stage, actor: string, args: ReadonlyArray<unknown>) => unknown

const property = (stage: Stage, actor: string): Record<string, unknown> =>
  stage.targets.get(actor) as unknown as Record<string, unknown>

const specials: { readonly [method: string]: Special } = {
  new: (stage, actor, args) => actor.startsWith("wss") ? serve(stage, actor, args) : dial(stage, actor, args),
  /** Uses a class derived from the library's. */
  class: (stage, actor, [name]) => void stage.classes.set(actor, String(name)),
  deaf: (stage, actor, events) => add(stage.deaf, actor, events),
  hear: (stage, actor, events) => add(stage.heard, actor, events),
  set: (stage, actor, [name, value]) => {
    property(stage, actor)[String(name)] = value
  },
  get: (stage, actor, [name]) => property(stage, actor)[String(name)],
  /** Something is done to the socket behind it. */
  socket: (stage, actor, [method, ...args]) => {
    const { _socket } = property(stage, actor)
    const result = Reflect.apply((_socket as Record<string, Method>)[String(method)], _socket, args)
    return result === _socket ? undefined : result
  },
  stream: (stage, actor, args) => {
    const { createWebSocketStream } = stage.implementation(actor)
    const duplex = createWebSocketStream(
      ...[stage.targets.get(actor), ...args] as Parameters<typeof createWebSocketStream>
    )
    Watch.stream(stage, `${actor}Stream`, duplex)
  },
  /** What can be seen of a stream. */
  inspect: (stage, actor) => {
    const { destroyed, readableFlowing, readableLength, writableLength, writableNeedDrain } = stage.targets
      .get(actor) as Duplex
    return { destroyed, readableFlowing, readableLength, writableLength, writableNeedDrain }
  },
  look: (stage, actor) => Watch.look(stage, actor, stage.targets.get(actor) as WebSocket)
}

const invoke = (stage: Stage, actor: string, method: string, args: ReadonlyArray<unknown>): unknown => {
  const special = specials[method]
  if (special !== undefined) return special(stage, actor, args)
  const target = stage.targets.get(actor)
  if (target === undefined) throw new Error(`there is no ${actor}`)
  const result = Reflect.apply((target as unknown as Record<string, Method>)[method], target, args)
  return result === target ? undefined : result
}

const perform = (stage: Stage, actor: string, call: Script.Call): void => {
  const [method, ...values] = call
  if (method === "throw") throw new Thrown("on purpose")
  const side = sideOf(actor)
  stage.journal.note(side, `${actor}.${Script.showCall(call)}`)
  try {
    const args = values.map((value) => Material.make(stage, actor, value))
    const result = stage.journal.within(() => invoke(stage, actor, method, args))
    stage.note(actor, "=", result === undefined ? [] : [result])
  } catch (thrown) {
    stage.note(actor, `throws ${Digest.error(thrown)}`)
  }
}

const silent: { readonly [actor: string]: (stage: Stage) => object } = {
  raw: ({ raw }) => raw,
  network: ({ network }) => network
}

/** Takes a step. */
export const take = (stage: Stage, [actor, ...calls]: Script.Step): void => {
  for (const call of calls) {
    const peer = silent[actor]?.(stage)
    if (peer === undefined) perform(stage, actor, call)
    else {
      const [method, ...values] = call
      const args = values.map((value) => Material.make(stage, actor, value))
      Reflect.apply((peer as Record<string, Method>)[method], peer, args)
    }
  }
}
