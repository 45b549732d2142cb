/** Finds the TypeScript fences of Markdown files and of JSDoc comments. */

export interface Fence {
  /** Where it was found, from the project's folder. */
  readonly file: string
  /** The line of its opening. */
  readonly line: number
  readonly code: string
}

const fence = /^ *```(?:ts|typescript)\b.*\n([^]*?)^ *```$/gm

/** Lines stay where they are, so that they can be counted. */
const withoutMargins = (source: string): string => source.replace(/^[^\S\n]*\* ?/gm, "")

/** The text that documents: a Markdown file as it is, the JSDoc comments of a source file. */
const documentationOf = (file: string, text: string): string =>
  file.endsWith(".md") ? text : withoutMargins(text.replace(/^(?![^\S\n]*\*).*$/gm, ""))

const linesIn = (text: string): number => text.split("\n").length

/** The fences of a file marked `ts` or `typescript`; others are ignored. */
export const of = (file: string, text: string): ReadonlyArray<Fence> => {
  const documentation = documentationOf(file, text)
  return Array.from(documentation.matchAll(fence), ({ 1: code = "", index }) => ({
    file,
    line: linesIn(documentation.slice(0, index)),
    code
  }))
}
