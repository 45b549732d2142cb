/** All targets, in modules that are loaded only when what runs is counted already. */
import type { Target } from "./Target.ts"

export const names = [
  "decoder",
  "assembler",
  "protocol",
  "server-handshake",
  "client-handshake",
  "headers",
  "negotiation",
  "inflate",
  "receiver"
] as const

export const load = async (name: typeof names[number]): Promise<Target> =>
  ((await import(new URL(`targets/${name}.ts`, import.meta.url).href)) as { readonly target: Target }).target
