/** What older programs require as `ws/lib/sender`. */
export { Sender as "module.exports", Sender as default } from "../Sender.ts"
