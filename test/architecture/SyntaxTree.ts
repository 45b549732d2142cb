/** Syntax trees of TypeScript sources, by the parser that vitest brings. */
import { parseAst } from "vitest/node"

export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && "type" in value

const descend = (node: Node): ReadonlyArray<Node> => [
  node,
  ...Object.values(node).flat().filter(isNode).flatMap(descend)
]

/** Every node of the source, parents before their children; an error about its syntax has the name. */
export const nodesOf = (name: string, source: string): ReadonlyArray<Node> => {
  try {
    return descend(parseAst(source, { lang: "ts" }) as unknown as Node)
  } catch (cause) {
    throw new SyntaxError(`${name}: ${(cause as Error).message}`, { cause })
  }
}
