/** Which parts of sources run, as the engine counts them. Taking types away leaves everything at its place. */
import { Session } from "node:inspector"
import { fileURLToPath } from "node:url"

/** A part of a source, and how often it ran. Of several around a place the smallest counts. */
export type Range = readonly [start: number, end: number, count: number]

export interface Ran {
  readonly [file: string]: ReadonlyArray<Range>
}

interface Script {
  readonly url: string
  readonly functions: ReadonlyArray<{
    readonly ranges: ReadonlyArray<{ readonly startOffset: number; readonly endOffset: number; readonly count: number }>
  }>
}

const rangesOf = ({ functions }: Script): ReadonlyArray<Range> =>
  functions.flatMap(({ ranges }) => ranges).map(({ count, endOffset, startOffset }) => [startOffset, endOffset, count])

/** Answers come before `post` returns. */
const take = (session: Session): ReadonlyArray<Script> => {
  let taken: ReadonlyArray<Script> = []
  session.post("Profiler.takePreciseCoverage", (error, { result }) => {
    if (error !== null) throw error
    taken = result
  })
  return taken
}

/** Gives what ran of a folder since it was asked last. */
export const start = (root: string, folder: string): () => Ran => {
  const session = new Session()
  session.connect()
  session.post("Profiler.enable")
  session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true })
  const fileOf = ({ url }: Script): string => url.startsWith("file:") ? fileURLToPath(url).slice(root.length) : ""
  return () => {
    const scripts = take(session).filter((script) => fileOf(script).startsWith(folder))
    return Object.fromEntries(scripts.map((script) => [fileOf(script), rangesOf(script)]))
  }
}

/** Whether what is at this place ran. */
export const has = (ran: Ran, file: string, place: number): boolean => {
  const around = (ran[file] ?? []).filter(([start, end]) => start <= place && place < end)
  const smallest = Math.min(...around.map(([start, end]) => end - start))
  return around.some(([start, end, count]) => end - start === smallest && count > 0)
}
