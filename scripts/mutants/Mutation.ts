/** Small faults that can be put into a source: each is one that a test has to notice. */
import { type Node, nodesOf } from "../../test/architecture/SyntaxTree.ts"

export interface Mutation {
  readonly file: string
  /** The kind of syntax that is changed. */
  readonly kind: string
  readonly line: number
  /** Where the syntax begins that is changed: there it is known whether it runs. */
  readonly place: number
  readonly start: number
  readonly end: number
  readonly before: string
  readonly after: string
}

/** What an operator is mistaken for. */
const operators: Readonly<Record<string, string>> = {
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "===": "!==",
  "!==": "===",
  "+": "-",
  "-": "+",
  "*": "/",
  "/": "*",
  "<<": ">>",
  ">>": "<<",
  ">>>": "<<",
  "&": "|",
  "|": "&",
  "^": "&",
  "&&": "||",
  "||": "&&",
  "??": "&&",
  "+=": "-=",
  "-=": "+=",
  "??=": "="
}

const child = (node: Node, name: string): Node => node[name] as Node

/** The text between two parts of an expression, in which its operator is. */
const operatorOf = (node: Node): { readonly at: number; readonly text: string } => ({
  at: child(node, "left").end,
  text: String(node["operator"])
})

type Change = readonly [start: number, end: number, after: string]

const changesOf = (source: string, node: Node): ReadonlyArray<Change> => {
  switch (node.type) {
    case "BinaryExpression":
    case "LogicalExpression":
    case "AssignmentExpression": {
      const { at, text } = operatorOf(node)
      const start = source.indexOf(text, at)
      return operators[text] === undefined ? [] : [[start, start + text.length, operators[text]]]
    }
    case "UnaryExpression": {
      const argument = child(node, "argument")
      return node["operator"] === "!" ? [[node.start, argument.start, ""]] : []
    }
    case "UpdateExpression":
      return [[
        node.start,
        node.end,
        source.slice(node.start, node.end).replace(/\+\+|--/, (it) => it === "++" ? "--" : "++")
      ]]
    case "IfStatement":
    case "ConditionalExpression":
      return ["true", "false"].map((after) => [child(node, "test").start, child(node, "test").end, after])
    case "ExpressionStatement":
      return node["directive"] === undefined ? [[node.start, node.end, ";"]] : []
    case "Literal":
      return literal(node["value"]).map((after) => [node.start, node.end, after])
    default:
      return []
  }
}

/** Texts are for people to read: only those that are names count, and tests of other things notice these. */
const literal = (value: unknown): ReadonlyArray<string> => {
  if (typeof value === "boolean") return [String(!value)]
  if (typeof value === "number") return [String(value + 1)]
  return []
}

const skipped = new Set([
  "ImportDeclaration",
  "ExportAllDeclaration",
  "TSTypeAliasDeclaration",
  "TSInterfaceDeclaration"
])

/** Every mutation of a source. */
export const of = (file: string, source: string): ReadonlyArray<Mutation> => {
  const nodes = nodesOf(file, source)
  const types = nodes.filter(({ type }) => skipped.has(type) || type.startsWith("TSType"))
  const isType = ({ end, start }: Node) => types.some((it) => it.start <= start && end <= it.end)
  return nodes.filter((node) => !isType(node)).flatMap((node) =>
    changesOf(source, node).map(([start, end, after]) => ({
      file,
      kind: node.type,
      line: source.slice(0, start).split("\n").length,
      place: node.start,
      start,
      end,
      before: source.slice(start, end),
      after
    }))
  )
}

export const apply = (source: string, { after, end, start }: Mutation): string =>
  source.slice(0, start) + after + source.slice(end)
