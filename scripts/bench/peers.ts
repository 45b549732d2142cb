/** Libraries to compare with that are no dependencies of this project: they are installed beside what is built. */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { cache } from "./cache.ts"
import { before, executable } from "./command.ts"

const versions = {
  "websocket": "1.0.35",
  "faye-websocket": "0.11.4",
  "@btc-vision/uwebsockets.js": "20.57.0"
} as const

export type Peer = keyof typeof versions

const folder = join(cache, "peers")
const quietly = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]

const isInstalled = (peer: Peer): boolean => {
  const manifest = join(folder, "node_modules", peer, "package.json")
  return existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).version === versions[peer]
}

const problemOf = (peer: Peer): string | undefined => {
  mkdirSync(folder, { recursive: true })
  const wanted = `${peer}@${versions[peer]}`
  if (!isInstalled(peer)) spawnSync("npm", ["install", "--prefix", folder, ...quietly, wanted], { stdio: "ignore" })
  if (!isInstalled(peer)) return `${wanted} could not be installed`
  const command = [...before, "-e", `require("${peer}")`]
  const { stderr } = spawnSync(executable, command, { cwd: folder, encoding: "utf8" })
  return stderr === "" ? undefined : `${wanted} cannot be loaded: ${stderr.match(/^\w*Error: .*/gm)?.at(-1)}`
}

const problems = new Map<Peer, string | undefined>()

/** Gives what is wrong, if something is. */
export const install = (peer: Peer): string | undefined => {
  if (!problems.has(peer)) problems.set(peer, problemOf(peer))
  return problems.get(peer)
}

/** What the package exports, as far as an adapter needs it. */
export const load = <Exports>(peer: Peer): Exports => createRequire(join(folder, "package.json"))(peer)
