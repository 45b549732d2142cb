/** What older programs require as `ws/lib/permessage-deflate`. */
export { PerMessageDeflate as "module.exports", PerMessageDeflate as default } from "../PerMessageDeflate.ts"
