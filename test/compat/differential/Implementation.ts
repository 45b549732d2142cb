/** The two that are compared, and how they are paired. */
import { existsSync } from "node:fs"
import * as ws from "ws"

/** What a module must export to take part. */
export type Implementation = Pick<
  typeof ws,
  "WebSocket" | "WebSocketServer" | "createWebSocketStream"
>

const source = new URL("../../../src/compat/index.ts", import.meta.url)

/** Compat cannot take part before it is written. */
export const compatExists = existsSync(source)

const loaders = {
  ws: () => Promise.resolve(ws),
  compat: () => import(source.href) as Promise<Implementation>
}

export type Name = keyof typeof loaders

export const load = (name: Name): Promise<Implementation> => loaders[name]()

/** Who is the server, and who the client. */
export interface Pairing {
  readonly server: Name
  readonly client: Name
}

export const reference: Pairing = { server: "ws", client: "ws" }

export const others: ReadonlyArray<Pairing> = [
  { server: "ws", client: "compat" },
  { server: "compat", client: "ws" },
  { server: "compat", client: "compat" }
]

export const show = ({ client, server }: Pairing): string => `${server}-${client}`

export const parse = (text: string): Pairing => {
  const found = [reference, ...others].find((pairing) => show(pairing) === text)
  if (found === undefined) throw new Error(`${text} is no pairing: ${[reference, ...others].map(show).join(", ")}`)
  return found
}
