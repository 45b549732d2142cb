/** What was found out about each fault, in a file, so that a run that was stopped goes on where it was. */
import { appendFileSync, existsSync, readFileSync } from "node:fs"
import type * as Mutation from "./Mutation.ts"
import type { Verdict } from "./Trial.ts"

/** A fault whose file is otherwise the same is at the same place. */
const nameOf = ({ after, before, file, start }: Mutation.Mutation): string =>
  JSON.stringify([file, start, before, after])

interface Entry {
  readonly mutation: Mutation.Mutation
  readonly verdict: Verdict
}

const read = (path: string): ReadonlyArray<Entry> =>
  path === "" || !existsSync(path)
    ? []
    : readFileSync(path, "utf8").split("\n").filter(Boolean).map((it) => JSON.parse(it))

export class Record {
  readonly path: string
  private readonly verdicts: Map<string, Verdict>

  /** Without a path it is kept nowhere. */
  constructor(path: string) {
    this.path = path
    this.verdicts = new Map(read(path).map(({ mutation, verdict }) => [nameOf(mutation), verdict]))
  }

  get(mutation: Mutation.Mutation): Verdict | undefined {
    return this.verdicts.get(nameOf(mutation))
  }

  add(mutation: Mutation.Mutation, verdict: Verdict): void {
    this.verdicts.set(nameOf(mutation), verdict)
    if (this.path !== "") appendFileSync(this.path, `${JSON.stringify({ mutation, verdict })}\n`)
  }
}
