/** What older programs require as `ws/lib/websocket`. */
export { WebSocket as "module.exports", WebSocket as default } from "../Face.ts"
