/**
 * Node's modules that are dear to import. `import` reads all that a module exports, also what is loaded only when it is
 * read: `node:http` brings Node's `fetch`, with 2.4 MB of heap in 50 to 100 ms, `node:tls` its root certificates,
 * and `node:crypto` the Web Crypto API.
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

/**
 * The module `node:tls`.
 *
 * @category constants
 * @since 0.1.0
 */
export const tls = process.getBuiltinModule("node:tls")

/**
 * The module `node:crypto`.
 *
 * @category constants
 * @since 0.1.0
 */
export const crypto = process.getBuiltinModule("node:crypto")
