/** The suite's own report, `index.json`, as a table. */

interface Verdict {
  readonly behavior: string
  readonly behaviorClose: string
}

export type Report = Readonly<Record<string, Readonly<Record<string, Verdict>>>>

const byNumber = (a: string, b: string): number => a.localeCompare(b, "en", { numeric: true })

const isGood = ({ behavior, behaviorClose }: Verdict): boolean =>
  [behavior, behaviorClose].every((verdict) => verdict === "OK" || verdict === "INFORMATIONAL")

/** How often each behaviour occurs: the three that matter always, others where they are. */
const count = (verdicts: ReadonlyArray<Verdict>): string => {
  const counts = new Map([["OK", 0], ["NON-STRICT", 0], ["FAILED", 0]])
  for (const { behavior } of verdicts) counts.set(behavior, (counts.get(behavior) ?? 0) + 1)
  return Array.from(counts, ([behavior, count]) => `${count} ${behavior}`).join(", ")
}

const formatAgent = ([agent, cases]: [string, Report[string]]): string => {
  const lines = Object.entries(cases)
    .toSorted(([a], [b]) => byNumber(a, b))
    .map(([id, verdict]) => {
      const { behavior, behaviorClose } = verdict
      return `${isGood(verdict) ? " " : "!"} ${id.padEnd(8)} ${behavior.padEnd(13)} close ${behaviorClose}`
    })
  return [...lines, `${agent}: ${count(Object.values(cases))}`].join("\n")
}

/** A line for each case, with a mark where it is not strictly OK, then one with the agent's counts. */
export const format = (report: Report): string => Object.entries(report).map(formatAgent).join("\n")

/** Whether there are cases, and every one of every agent is strictly OK. */
export const isClean = (report: Report): boolean => {
  const verdicts = Object.values(report).flatMap((cases) => Object.values(cases))
  return verdicts.length > 0 && verdicts.every(isGood)
}
