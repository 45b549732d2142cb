/** What older programs require as `ws/lib/stream`. */
export { createWebSocketStream as "module.exports", createWebSocketStream as default } from "../Face.ts"
