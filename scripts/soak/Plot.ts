/** Draws the samples as SVG: one curve for each measure, from zero up. */
import type { Sample } from "./Gauge.ts"
import { firstWarm, type Line } from "./Verdict.ts"

const width = 720
const height = 110
const left = 200
const margin = 16

const scaled = (value: number): string => {
  if (value >= 2 ** 20) return `${(value / 2 ** 20).toFixed(1)} Mi`
  return value >= 2 ** 10 ? `${(value / 2 ** 10).toFixed(1)} Ki` : `${+value.toFixed(2)}`
}

/** Where a sample is. */
const place = (values: ReadonlyArray<number>) => {
  const most = Math.max(...values, 1)
  const x = (i: number) => left + (i / Math.max(1, values.length - 1)) * (width - left - margin)
  const y = (value: number) => height - margin - (value / most) * (height - 2 * margin)
  return { most, x, y }
}

const text = (x: number, y: number, words: string): string => `<text x="${x}" y="${y}">${words}</text>`

const curve = ({ first, isFlat, last, measure }: Line, values: ReadonlyArray<number>): string => {
  const { most, x, y } = place(values)
  const points = values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(" ")
  const warm = x(firstWarm(values.length)).toFixed(1)
  return [
    `<rect x="${left}" y="${margin}" width="${(Number(warm) - left).toFixed(1)}" height="${height - 2 * margin}"/>`,
    `<polyline class="${isFlat ? "flat" : "grows"}" points="${points}"/>`,
    text(margin, 2 * margin, measure),
    text(margin, 3.5 * margin, `${scaled(first)} → ${scaled(last)}${isFlat ? "" : " grows"}`),
    text(margin, 5 * margin, `at most ${scaled(most)}`)
  ].join("")
}

const style = [
  "text { font: 12px sans-serif }",
  "polyline { fill: none; stroke-width: 1.5 }",
  ".flat { stroke: #2a7 }",
  ".grows { stroke: #d33 }",
  "rect { fill: #eee }"
].join(" ")

/** What is grey is the time before it was warm. */
export const draw = (samples: ReadonlyArray<Sample>, lines: ReadonlyArray<Line>): string => {
  const curves = lines.map((line, i) =>
    `<g transform="translate(0 ${i * height})">${curve(line, samples.map((sample) => sample[line.measure]))}</g>`
  )
  const size = `width="${width}" height="${lines.length * height}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size}><style>${style}</style>${curves.join("\n")}</svg>\n`
}
