/** Header values and heads as words and marks that can be twisted. */
import type { Random } from "./Random.ts"

const marks = [
  ",",
  ";",
  "=",
  "\"",
  "\\",
  " ",
  "\t",
  "\r",
  "\n",
  "\u0000",
  "\u0001",
  "\u0002",
  "é",
  "/",
  ":",
  ", ",
  "; "
]

const split = (content: Uint8Array): ReadonlyArray<string> =>
  Buffer.from(content).toString("latin1").match(/[\w.+-]+|[^\w.+-]/g) ?? []

const anyMark = (random: Random): string =>
  random.oneIn(8) ? String.fromCharCode(random.below(256)) : random.pick(marks)

const cased = (word: string, random: Random): string => random.oneIn(2) ? word.toUpperCase() : word.toLowerCase()

type Move = (words: ReadonlyArray<string>, at: number, random: Random) => ReadonlyArray<string>

const moves: ReadonlyArray<Move> = [
  (words, at, random) => words.toSpliced(at, 1, anyMark(random)),
  (words, at, random) => words.toSpliced(at, 0, anyMark(random)),
  (words, at, random) => words.toSpliced(at, 0, random.pick(words)),
  (words, at) => words.toSpliced(at, 1),
  (words, at, random) => words.toSpliced(at, 1 + random.below(6)),
  (words, at, random) => words.toSpliced(at, 1, cased(words[at], random)),
  (words, at) => words.toSpliced(at, 1, `"${words[at]}"`),
  (words, at, random) => words.toSpliced(at, 1, `${random.below(20)}`),
  (words, at, random) => [...words, ...words.slice(at, at + 1 + random.below(12))],
  (words, at, random) => words.toSpliced(at, 1 + random.below(4)).toSpliced(random.below(words.length), 0, words[at])
]

/** Changes words and marks, with others of the dictionary. */
export const mutateWith =
  (dictionary: ReadonlyArray<string>) => (content: Uint8Array, random: Random, other: Uint8Array) => {
    const words = split(content)
    const at = random.below(words.length)
    if (words.length === 0 || random.oneIn(4)) {
      return join(words.toSpliced(at, random.below(2), random.pick(dictionary)))
    }
    if (random.oneIn(12)) return join([...words.slice(0, at), ...split(other).slice(at)])
    return join(random.pick(moves)(words, at, random))
  }

const join = (words: ReadonlyArray<string>): Uint8Array =>
  new Uint8Array(Buffer.from(words.join("").slice(0, 1500), "latin1"))

/** The text of a content; U+0001 stands for a line break, and U+0002 for a character that is one if it is cut to an octet. */
export const textOf = (content: Uint8Array): string =>
  Buffer.from(content).toString("latin1").replaceAll("\u0001", "\r\n").replaceAll("\u0002", "\u010d\u010a")

export const contentOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"))
