/** Compiles if the classes have everything that their types promise. */
import type * as Face from "../../../src/compat/Face.ts"
import type { WebSocket } from "../../../src/compat/WebSocket.ts"
import type { WebSocketServer } from "../../../src/compat/WebSocketServer.ts"

type Missing<Type, Class> = Exclude<keyof Type, keyof Class>

/** A server's path is there only in ws's types. */
type Imagined = "path"

export const ofWebSocket = (missing: Missing<Face.WebSocket, WebSocket>): never => missing
export const ofServer = (missing: Exclude<Missing<Face.Server, WebSocketServer>, Imagined>): never => missing
