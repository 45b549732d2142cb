/** Turns result comments into checks: `expression // => result` becomes `$is(line, expression, result)`. */
import { type Node, nodesOf } from "../architecture/SyntaxTree.ts"
import type { Fence } from "./Fences.ts"

interface Result {
  /** In the documentation. */
  readonly line: number
  readonly value: Node
  readonly text: string
}

const comment = /\/\/ => (.+)$/gm
const commentBehind = /^;?[^\S\n]*\n?[^\S\n]*\/\/ => (.+)/

const linesTo = (code: string, end: number): number => code.slice(0, end).split("\n").length

/** `x` for `console.log(x)`. */
const withoutLog = (expression: Node): Node => {
  const callee = expression["callee"] as Node | undefined
  const object = callee?.["object"] as Node | undefined
  return object?.["name"] === "console" ? (expression["arguments"] as ReadonlyArray<Node>)[0] : expression
}

const valueOf = (statement: Node): Node | undefined => {
  if (statement.type === "ExpressionStatement") return withoutLog(statement["expression"] as Node)
  if (statement.type === "VariableDeclaration") {
    return (statement["declarations"] as ReadonlyArray<Node>).at(-1)?.["init"] as Node
  }
}

const resultsOf = ({ code, file, line }: Fence): ReadonlyArray<Result> =>
  nodesOf(`${file}:${line}`, code).flatMap((statement) => {
    const value = valueOf(statement)
    const behind = commentBehind.exec(code.slice(statement.end))
    return value && behind ? [{ line: line + linesTo(code, statement.end), value, text: behind[1] }] : []
  })

const insert = (code: string, insertions: ReadonlyArray<readonly [at: number, text: string]>): string =>
  insertions.toSorted(([a], [b]) => b - a).reduce(
    (text, [at, inserted]) => `${text.slice(0, at)}${inserted}${text.slice(at)}`,
    code
  )

/** The code with its checks, and the lines that must have been checked when it has run. */
export const toChecks = (fence: Fence): { readonly code: string; readonly lines: ReadonlyArray<number> } => {
  const results = resultsOf(fence)
  const comments = fence.code.match(comment)?.length ?? 0
  if (comments !== results.length) {
    throw new Error(`${fence.file}:${fence.line}: a // => comment belongs behind an expression or a declaration`)
  }
  const insertions = results.flatMap(({ line, text, value }) =>
    [[value.start, `$is(${line}, `], [value.end, `, ${text})`]] as const
  )
  return { code: insert(fence.code, insertions), lines: results.map(({ line }) => line) }
}
