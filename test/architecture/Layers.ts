/** The layers of `src`, what each may import, and the check of it. */
import * as Imports from "./Imports.ts"

interface Layer {
  readonly name: string
  readonly files: RegExp
  readonly imports: ReadonlyArray<RegExp>
  /** What it may import besides with `import type`. */
  readonly types: ReadonlyArray<RegExp>
}

const protocol = /^src\/protocol\//
const transport = /^src\/transport\//
const library = /^src\/(?:(?:client|codec|connection|hub|server)\/)?\w+\.ts$/
/** In users' tests it stands for the library on Node, and so is above it. */
const testing = /^src\/testing\//
const effect = /^effect\//
const platform = /^@effect\/platform-node(?:\/\w+)?$/
const node = /^node:/

/** From the bottom to the top; a file belongs to the first layer that has it. */
export const layers: ReadonlyArray<Layer> = [
  { name: "protocol", files: protocol, imports: [protocol, /^effect\/(?:Data|Result)$/], types: [] },
  { name: "transport", files: transport, imports: [protocol, transport, effect, node, /^bufferutil$/], types: [] },
  {
    name: "testing on Node",
    files: /^src\/testing\/Node\w+\.ts$/,
    imports: [protocol, transport, library, testing, effect, node],
    types: []
  },
  { name: "testing", files: testing, imports: [protocol, transport, library, testing, effect], types: [node] },
  {
    name: "library on Node",
    files: /^src\/(?:\w+\/)?Node\w+\.ts$/,
    imports: [protocol, transport, library, effect, platform, node],
    types: []
  },
  { name: "library", files: library, imports: [protocol, transport, library, effect, platform], types: [node] },
  { name: "compat", files: /^src\/compat\//, imports: [/./], types: [] }
]

const isIn = (target: string, patterns: ReadonlyArray<RegExp>): boolean =>
  patterns.some((pattern) => pattern.test(target))

const mayImport = ({ imports, types }: Layer, { target, typeOnly }: Imports.Import): boolean =>
  isIn(target, imports) || (typeOnly && isIn(target, types))

const importFaults = (layer: Layer, imports: ReadonlyArray<Imports.Import>): ReadonlyArray<string> => [
  ...imports.filter((it) => !mayImport(layer, it)).map(({ target }) => `"${layer.name}" must not import ${target}`),
  ...imports.filter(({ specifier }) => /^\..*(?<!\.ts)$/.test(specifier)).map((it) => `${it.specifier} must end in .ts`)
]

const fileFaults = ([file, source]: readonly [string, string]): ReadonlyArray<string> => {
  const layer = layers.find(({ files }) => files.test(file))
  const faults = [
    ...(layer === undefined ? ["belongs to no layer"] : importFaults(layer, Imports.of(file, source))),
    ...(/@ts-(?:ignore|nocheck)/.test(source) ? ["silences the compiler"] : [])
  ]
  return faults.map((fault) => `${file}: ${fault}`)
}

/** What is wrong with the sources, a line for each fault. */
export const faults = (sources: Imports.Sources): ReadonlyArray<string> => [
  ...Object.entries(sources).flatMap(fileFaults),
  ...Imports.cycles(sources).map((files) => `${files[0]}: imports itself: ${files.join(" > ")}`)
]
