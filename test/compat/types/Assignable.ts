/** Compiles if what a program has of ws can be passed for what compat has by the same name, and the other way round. */
import * as compat from "effect-ws/compat"
import type { IncomingMessage } from "node:http"
import * as ws from "ws"

interface OfWs<W extends typeof ws.WebSocket, R extends typeof IncomingMessage> {
  readonly socket: ws.WebSocket
  readonly sockets: Set<ws.WebSocket>
  readonly promise: Promise<ws.WebSocket>
  readonly takesSocket: (socket: ws.WebSocket) => void
  readonly takesCallback: (callback: (socket: ws.WebSocket, request: IncomingMessage) => void) => void
  readonly server: ws.WebSocketServer
  readonly serverOf: ws.Server<W, R>
  readonly takesServer: (server: ws.WebSocketServer) => void
  readonly addressInfo: ws.AddressInfo
  readonly certMeta: ws.CertMeta
  readonly clientOptions: ws.ClientOptions
  readonly deflateOptions: ws.PerMessageDeflateOptions
  readonly listenerOptions: ws.EventListenerOptions
  readonly data: ws.Data
  readonly rawData: ws.RawData
  readonly onMessage: (data: ws.RawData, isBinary: boolean) => void
  readonly event: ws.Event
  readonly messageEvent: ws.MessageEvent
  readonly closeEvent: ws.CloseEvent
  readonly errorEvent: ws.ErrorEvent
  readonly onEvent: (event: ws.MessageEvent | ws.CloseEvent | ws.ErrorEvent | ws.Event) => void
  readonly finishRequest: ws.FinishRequestCallback
  readonly verifySync: ws.VerifyClientCallbackSync
  readonly verifyAsync: ws.VerifyClientCallbackAsync
  readonly createWebSocketStream: typeof ws.createWebSocketStream
}

interface OfCompat<W extends compat.WebSocketClass, R extends typeof IncomingMessage> {
  readonly socket: compat.WebSocket
  readonly sockets: Set<compat.WebSocket>
  readonly promise: Promise<compat.WebSocket>
  readonly takesSocket: (socket: compat.WebSocket) => void
  readonly takesCallback: (callback: (socket: compat.WebSocket, request: IncomingMessage) => void) => void
  readonly server: compat.WebSocketServer
  readonly serverOf: compat.Server<W, R>
  readonly takesServer: (server: compat.WebSocketServer) => void
  readonly addressInfo: compat.AddressInfo
  readonly certMeta: compat.CertMeta
  readonly clientOptions: compat.ClientOptions
  readonly deflateOptions: compat.PerMessageDeflateOptions
  readonly listenerOptions: compat.EventListenerOptions
  readonly data: compat.Data
  readonly rawData: compat.RawData
  readonly onMessage: (data: compat.RawData, isBinary: boolean) => void
  readonly event: compat.Event
  readonly messageEvent: compat.MessageEvent
  readonly closeEvent: compat.CloseEvent
  readonly errorEvent: compat.ErrorEvent
  readonly onEvent: (event: compat.MessageEvent | compat.CloseEvent | compat.ErrorEvent | compat.Event) => void
  readonly finishRequest: compat.FinishRequestCallback
  readonly verifySync: compat.VerifyClientCallbackSync
  readonly verifyAsync: compat.VerifyClientCallbackAsync
  readonly createWebSocketStream: typeof compat.createWebSocketStream
}

class WsClient extends ws.WebSocket {
  isAlive = true
}

class CompatClient extends compat.WebSocket {
  isAlive = true
}

type Request = typeof IncomingMessage

export const toCompat = (it: OfWs<typeof ws.WebSocket, Request>): OfCompat<typeof ws.WebSocket, Request> => it
export const toWs = (it: OfCompat<typeof compat.WebSocket, Request>): OfWs<typeof compat.WebSocket, Request> => it
export const clientsToCompat = (it: OfWs<typeof WsClient, Request>): OfCompat<typeof CompatClient, Request> => it
export const clientsToWs = (it: OfCompat<typeof CompatClient, Request>): OfWs<typeof WsClient, Request> => it

// Classes are given to what makes objects of them. ws's types lack `Receiver` and the like, so that `WebSocketClass`,
// which servers take, is all that a class of ws is for compat.

export const classesOfCompat: ReadonlyArray<typeof ws.WebSocket> = [compat.WebSocket, CompatClient]
export const classesOfWs: ReadonlyArray<compat.WebSocketClass> = [ws.WebSocket, WsClient]
export const serverClass: typeof ws.WebSocketServer = compat.WebSocketServer
export const toWsOptions = (options: compat.ServerOptions): ws.ServerOptions => options
export const toCompatServer = (options: ws.ServerOptions): compat.Server => new compat.WebSocketServer(options)
export const wsServer = new ws.WebSocketServer({ WebSocket: CompatClient, noServer: true })
export const compatServer = new compat.WebSocketServer({ WebSocket: WsClient, noServer: true })
