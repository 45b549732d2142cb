/**
 * What was seen, each side for itself: there is no order between the two.
 */
export const sides = ["client", "server", "process"] as const

export type Side = typeof sides[number]

export type Record = { readonly [side in Side]: ReadonlyArray<string> }

type Entry = string | { text: string }

export class Journal {
  private readonly entries: { readonly [side in Side]: Array<Entry> } = { client: [], server: [], process: [] }
  private readonly later: Array<readonly [Side, string]> = []
  private readonly aliases: Array<readonly [RegExp, string]> = [
    [/"Sec-WebSocket-Accept: [+/=0-9A-Za-z]{28}"/g, "\"Sec-WebSocket-Accept: <accept>\""]
  ]
  private readonly counts = new Map<string, number>()
  private depth = 0
  /** Grows with everything that is noted. */
  events = 0

  /** Has a port that is another one each time appear under a name. */
  alias(port: number, name: string): void {
    this.aliases.push([new RegExp(`\\b${port}\\b`, "g"), name])
  }

  private clean(text: string): string {
    return this.aliases.reduce((cleaned, [port, name]) => cleaned.replace(port, name), text)
  }

  begin(title: string): void {
    for (const list of Object.values(this.entries)) list.push(title)
  }

  note(side: Side, text: string): void {
    this.events++
    this.entries[side].push(`${"  ".repeat(this.depth + 1)}${this.clean(text)}`)
  }

  /** Keeps the place for a text that is not known yet. */
  noteWhen(side: Side, text: Promise<string>): void {
    const entry = { text: "" }
    const indent = "  ".repeat(this.depth + 1)
    this.events++
    this.entries[side].push(entry)
    void text.then((known) => {
      this.events++
      entry.text = indent + this.clean(known)
    })
  }

  /** Notes at the end of the step. */
  noteLast(side: Side, text: string): void {
    this.events++
    this.later.push([side, text])
  }

  endStep(): void {
    for (const [side, text] of this.later.splice(0)) this.note(side, text)
  }

  /** What happens in the meantime is part of something else. */
  within<A>(action: () => A): A {
    this.depth++
    try {
      return action()
    } finally {
      this.depth--
    }
  }

  /** Counts an event of an actor. */
  count(actor: string, event: string): number {
    const key = `${actor} ${event}`
    const count = (this.counts.get(key) ?? 0) + 1
    this.counts.set(key, count)
    return count
  }

  counted(actor: string, event: string): number {
    return this.counts.get(`${actor} ${event}`) ?? 0
  }

  read(): Record {
    const lines = (side: Side) => this.entries[side].map((entry) => typeof entry === "string" ? entry : entry.text)
    return { client: lines("client"), server: lines("server"), process: lines("process") }
  }
}
