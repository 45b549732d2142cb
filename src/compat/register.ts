/**
 * Gives `effect-ws/compat` to whatever imports or requires `ws`: the program, its dependencies and theirs.
 *
 * **When to use**
 *
 * To run a program that is written for ws on effect-ws without changing a line:
 *
 * ```sh
 * node --import effect-ws/register app.js
 * ```
 *
 * **Details**
 *
 * It works as `--import` and as `--require`, also in `NODE_OPTIONS`, and reaches worker threads. A program may also
 * import or require it itself, for its own thread, before it loads what uses ws. All get the same class, whether they
 * import or require it.
 *
 * **Gotchas**
 *
 * Everyone gets the interface of ws 8, also a library that is pinned to ws 7 or 6, where text and close reasons were
 * strings instead of Buffers. Types stay those of ws. A bundle has its own copy of ws, which no import leads to: there, the bundler needs an alias.
 *
 * @since 0.1.0
 */
import * as Module from "node:module"
import { extname } from "node:path"

/** Modules of ws, and ours instead. Of the others there is no equivalent: they stay those of the ws that is installed. */
const modules: ReadonlyArray<readonly [ws: string, ours: string]> = [
  ["ws", "index"],
  ["ws/index", "index"],
  ["ws/wrapper.mjs", "index"],
  ["ws/lib/extension", "lib/extension"],
  ["ws/lib/permessage-deflate", "lib/permessage-deflate"],
  ["ws/lib/receiver", "lib/receiver"],
  ["ws/lib/sender", "lib/sender"],
  ["ws/lib/stream", "lib/stream"],
  ["ws/lib/subprotocol", "lib/subprotocol"],
  ["ws/lib/websocket", "lib/websocket"],
  ["ws/lib/websocket-server", "lib/websocket-server"]
]

/** A module beside this one, which is a `.ts` or, when it is built, a `.js`. */
const urlOf = (name: string): string => new URL(`${name}${extname(import.meta.url)}`, import.meta.url).href

const urls = new Map(modules.map(([ws, ours]) => [ws, urlOf(ours)]))

const withoutEnding = (specifier: string): string => specifier.replace(/^(ws\/.+)\.js$/, "$1")

const resolve: Module.ResolveHookSync = (specifier, context, nextResolve) => {
  const url = urls.get(withoutEnding(specifier))
  return url === undefined ? nextResolve(specifier, context) : { url, shortCircuit: true }
}

if (Module.registerHooks === undefined) {
  throw new Error(
    `effect-ws/register needs Node 22.15 or later: this is ${process.version}, without module.registerHooks`
  )
}

Module.registerHooks({ resolve })
