/** What older programs require as `ws/lib/extension`. */
export { extension as "module.exports", extension as default } from "../Face.ts"
