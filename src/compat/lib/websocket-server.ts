/** What older programs require as `ws/lib/websocket-server`. */
export { WebSocketServer as "module.exports", WebSocketServer as default } from "../Face.ts"
