/** What older programs require as `ws/lib/receiver`. */
export { Receiver as "module.exports", Receiver as default } from "../Receiver.ts"
