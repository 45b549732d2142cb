/** Data of the kinds that the catalogue sends compressed. They are made up, and the same in every run. */

/** More than the largest message, so that messages that follow one another differ. */
const size = 200_000

let state = 1

/** A number below `bound`, the same in every run. */
const pick = (bound: number): number => {
  state = Math.imul(state, 1_664_525) + 1_013_904_223
  return (state >>> 8) % bound
}

const noise = (length: number): Buffer => Buffer.from(Array.from({ length }, () => pick(256)))

const fill = (make: (i: number) => string | Buffer): Buffer => {
  const parts: Array<Buffer> = []
  for (let i = 0, length = 0; length < size; length += parts[i++].length) parts.push(Buffer.from(make(i)))
  return Buffer.concat(parts).subarray(0, size)
}

const names = ["Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Tony", "Leslie"]
const verses = [
  "Habe nun, ach! Philosophie, Juristerei und Medizin, und leider auch Theologie durchaus studiert,",
  "mit heißem Bemühn. Da steh ich nun, ich armer Tor! und bin so klug als wie zuvor;",
  "heiße Magister, heiße Doktor gar und ziehe schon an die zehen Jahr",
  "herauf, herab und quer und krumm meine Schüler an der Nase herum –",
  "und sehe, daß wir nichts wissen können! Das will mir schier das Herz verbrennen."
]

const json = (i: number): string =>
  `{"id":${i * 7919},"name":"${names[pick(8)]}","active":${pick(2) === 0},"score":${pick(1e6) / 1e3}},\n`

/** Light that falls off from a corner, with the grain of a film. */
const bitmap = (y: number): Buffer =>
  Buffer.from(Array.from({ length: 512 }, (_, x) => Math.floor(Math.hypot(x, y) / 4) + pick(4)))

const prose = (): string => `${verses[pick(5)].split(" ").toSpliced(pick(8), 1).join(" ")}\n`

const html = (i: number): string =>
  `<tr class="${i % 2 === 0 ? "even" : "odd"}">\n<td><a href="/people/${pick(1e4)}">${names[pick(8)]}</a></td>\n</tr>\n`

const pdf = (i: number): Buffer =>
  Buffer.concat([
    Buffer.from(`${i} 0 obj\n<< /Length 400 /Filter /FlateDecode >>\nstream\n`),
    noise(400),
    Buffer.from("\nendstream\nendobj\n")
  ])

export interface Sample {
  readonly name: string
  readonly opcode: 1 | 2
  readonly data: Buffer
}

/** Text only where every octet is a character: messages are cut anywhere. */
export const samples: ReadonlyArray<Sample> = [
  { name: "JSON", opcode: 1, data: fill(json) },
  { name: "a bitmap", opcode: 2, data: fill(bitmap) },
  { name: "German prose", opcode: 2, data: fill(prose) },
  { name: "HTML", opcode: 1, data: fill(html) },
  { name: "a PDF", opcode: 2, data: fill(pdf) }
]

/** The message of this number and size. */
export const messageOf = ({ data }: Sample, i: number, length: number): Buffer => {
  const from = (i * length) % (data.length - length)
  return data.subarray(from, from + length)
}
