/**
 * Node's HTTP modules, without what else they export. To import `node:http` reads all of its exports, and so loads Node's
 * `fetch` with its 2.4 MB of heap, in 100 ms.
 *
 * @since 0.1.0
 */

/**
 * The module `node:http`.
 *
 * @category constants
 * @since 0.1.0
 */
export const http = process.getBuiltinModule("node:http")

/**
 * The module `node:https`.
 *
 * @category constants
 * @since 0.1.0
 */
export const https = process.getBuiltinModule("node:https")
