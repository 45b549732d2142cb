/** What stands behind a script's values. */
import * as Data from "./Data.ts"
import * as Hooks from "./Hooks.ts"
import type { Value } from "./Script.ts"
import type { Stage } from "./Stage.ts"

const describe = (value: object): Data.Description | undefined =>
  "is" in value && typeof value.is === "string" ? value as Data.Description : undefined

/** Ports that are known only now. */
const fill = ({ network, serverPort }: Stage, text: string): string =>
  text.replaceAll("{port}", String(network.port)).replaceAll("{server}", String(serverPort))

const makeSpecial = (stage: Stage, actor: string, description: Data.Description): unknown => {
  const { answer, href, is } = description
  if (is === "URL") return new URL(fill(stage, String(href)))
  if (Object.hasOwn(Data.makers, is)) return Data.makers[is](description)
  if (!Object.hasOwn(Hooks.makers, is)) throw new Error(`nothing is ${is}`)
  return Hooks.makers[is](stage, actor, { ...description, answer: make(stage, actor, answer as Value) })
}

/** What a value of a script stands for, when it is this actor's. */
export const make = (stage: Stage, actor: string, value: Value): unknown => {
  if (typeof value === "string") return fill(stage, value)
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map((item) => make(stage, actor, item))
  const description = describe(value)
  if (description !== undefined) return makeSpecial(stage, actor, description)
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, make(stage, actor, item as Value)]))
}
