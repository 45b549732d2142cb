/** What a source file imports, and the circles in which files import each other. */
import { posix } from "node:path"
import { type Node, nodesOf } from "./SyntaxTree.ts"

export interface Import {
  /** As it is written. */
  readonly specifier: string
  /** A file such as `src/protocol/Frame.ts`, or what a package offers, such as `effect/Effect`. */
  readonly target: string
  /** It leaves nothing at run time: `import type`, `export type` or `import("x").Y`. */
  readonly typeOnly: boolean
}

export type Sources = Readonly<Record<string, string>>

const sourceOf = (node: Node): unknown => {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
    case "ImportExpression":
    case "TSImportType":
      return node["source"]
    case "CallExpression":
      return (node["callee"] as Node)["name"] === "require" ? (node["arguments"] as ReadonlyArray<Node>)[0] : undefined
  }
}

const isTypeOnly = (node: Node): boolean =>
  node.type === "TSImportType" || node["importKind"] === "type" || node["exportKind"] === "type"

/** The imports of a file, given by its path from the project's folder. */
export const of = (file: string, source: string): ReadonlyArray<Import> =>
  nodesOf(file, source).flatMap((node) => {
    const specifier = (sourceOf(node) as { readonly value?: unknown } | null | undefined)?.value
    if (typeof specifier !== "string") return []
    const target = specifier.startsWith(".") ? posix.join(posix.dirname(file), specifier) : specifier
    return [{ specifier, target, typeOnly: isTypeOnly(node) }]
  })

/** The circles of imports, types included, each as the files that one meets on the way round. */
export const cycles = (sources: Sources): ReadonlyArray<ReadonlyArray<string>> => {
  const targets = new Map(
    Object.entries(sources).map(([file, source]) => [file, of(file, source).map(({ target }) => target)])
  )
  const done = new Set<string>()
  const visit = (file: string, way: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<string>> => {
    if (way.includes(file)) return [[...way.slice(way.indexOf(file)), file]]
    if (done.has(file)) return []
    const found = (targets.get(file) ?? []).flatMap((target) => visit(target, [...way, file]))
    done.add(file)
    return found
  }
  return Object.keys(sources).flatMap((file) => visit(file, []))
}
