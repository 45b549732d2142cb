/** The suite's own report, `index.json`, as a table. */

interface Verdict {
  readonly behavior: string
  readonly behaviorClose: string
}

export type Report = Readonly<Record<string, Readonly<Record<string, Verdict>>>>

const byNumber = (a: string, b: string): number => a.localeCompare(b, "en", { numeric: true })

const isGood = ({ behavior, behaviorClose }: Verdict): boolean =>
  [behavior, behaviorClose].every((verdict) => verdict === "OK" || verdict === "INFORMATIONAL")

const formatAgent = ([agent, cases]: [string, Report[string]]): string => {
  const bad = Object.entries(cases).filter(([, verdict]) => !isGood(verdict)).toSorted(([a], [b]) => byNumber(a, b))
  const count = Object.keys(cases).length
  const lines = bad.map(([id, { behavior, behaviorClose }]) => `  ${id}: ${behavior}, close ${behaviorClose}`)
  return [`${agent}: ${count - bad.length} of ${count} strictly OK`, ...lines].join("\n")
}

/** One line for each agent with its counts, then a line for each case that is not strictly OK. */
export const format = (report: Report): string => Object.entries(report).map(formatAgent).join("\n")

/** Whether every case of every agent is strictly OK. */
export const isClean = (report: Report): boolean =>
  Object.values(report).every((cases) => Object.values(cases).every(isGood))
