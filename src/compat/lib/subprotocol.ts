/** What older programs require as `ws/lib/subprotocol`. */
export { subprotocol as "module.exports", subprotocol as default } from "../Face.ts"
