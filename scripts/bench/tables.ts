/** Results as Markdown. */
import type { Adapter } from "./adapters.ts"
import type { Case } from "./cases.ts"
import { header, median, row, spread } from "./figures.ts"
import type { Cost, Footprint, Growth, Sample } from "./samples.ts"

export interface Result {
  readonly it: Case
  readonly adapter: Adapter
  readonly samples: ReadonlyArray<Sample>
  /** The samples of the adapter that it is compared with. */
  readonly reference: ReadonlyArray<Sample>
}

type Column<S> = readonly [title: string, cell: (samples: ReadonlyArray<S>) => string]

const medianOf = <S>(samples: ReadonlyArray<S>, of: (sample: S) => number): number => median(samples.map(of))
const micros = (value: number): string => Number.isNaN(value) ? "" : value.toFixed(value < 100 ? 2 : 0)
const percent = (share: number): string => `${(share * 100).toFixed(0)} %`
const kib = (octets: number): string => (octets / 2 ** 10).toFixed(1)
const mib = (octets: number): string => (octets / 2 ** 20).toFixed(1)

const costs: ReadonlyArray<Column<Cost>> = [
  ["CPU µs", (samples) => micros(medianOf(samples, ({ figure }) => figure))],
  ["user", (samples) => micros(medianOf(samples, ({ user }) => user))],
  ["system", (samples) => micros(medianOf(samples, ({ system }) => system))],
  ["per second", (samples) => medianOf(samples, ({ rate }) => rate).toFixed(0)],
  ["p50 µs", (samples) => micros(medianOf(samples, ({ p50 }) => p50))],
  ["p99 µs", (samples) => micros(medianOf(samples, ({ p99 }) => p99))],
  ["busy", (samples) => percent(medianOf(samples, ({ busy }) => busy))],
  ["load busy", (samples) => percent(medianOf(samples, ({ loadBusy }) => loadBusy))]
]

const footprints: ReadonlyArray<Column<Footprint>> = [
  ["KiB resident", (samples) => kib(medianOf(samples, ({ figure }) => figure))],
  ["KiB of heap", (samples) => kib(medianOf(samples, ({ heap }) => heap))]
]

const growths: ReadonlyArray<Column<Growth>> = [
  ["MiB grown", (samples) => mib(medianOf(samples, ({ figure }) => figure))],
  ["MiB taken", (samples) => mib(medianOf(samples, ({ taken }) => taken))]
]

const columns = {
  exchange: costs,
  ingest: costs,
  handshakes: costs,
  memory: footprints,
  stall: growths,
  client: costs
} as const satisfies Record<Case["measure"], unknown>

const figuresOf = (samples: ReadonlyArray<Sample>): ReadonlyArray<number> => samples.map(({ figure }) => figure)

/** How many times less than the reference: of the medians, and from round to round. */
const timesOf = ({ reference, samples }: Result): ReadonlyArray<string> => {
  const [of, own] = [figuresOf(reference), figuresOf(samples)]
  return [(median(of) / median(own)).toFixed(2), spread(own.map((figure, round) => of[round] / figure))]
}

const barOf = ({ adapter: { face }, it: { bars } }: Result): string =>
  face === undefined || bars === undefined ? "" : `${+bars[face].toFixed(2)}`

const columnsOf = ({ measure }: Case) => columns[measure] as ReadonlyArray<Column<Sample>>

export const rowOf = (result: Result): string => {
  const { adapter: { name }, it, samples } = result
  const own = columnsOf(it).map(([, cell]) => cell(samples))
  return row([it.name, name, ...timesOf(result), barOf(result), ...own])
}

export const headerOf = (it: Case): string => {
  const titles = columnsOf(it).map(([title]) => title)
  return header(["case", "adapter", `times ${it.reference ?? "ws"}`, "spread", "bar", ...titles])
}

/** A load that has no time left may be what is measured. */
export const warningOf = ({ adapter, it, samples }: Result): string | undefined => {
  const isLimited = samples.some((sample) => "busy" in sample && sample.loadBusy > 0.9 && sample.busy < 0.9)
  return isLimited ? `${adapter.name} in “${it.name}”: the load was the bottleneck` : undefined
}
