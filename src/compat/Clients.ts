/**
 * The clients of a server.
 *
 * @since 0.1.0
 */
import { type Member, Roster } from "../transport/Roster.ts"
import { type Link, linkKey } from "./Link.ts"

interface Client extends Member {
  readonly [linkKey]: Link | undefined
}

/** A number that is greater than those of all clients before it. */
const numberOf = (client: Client): number => client[linkKey]?.driver.number ?? 0

/**
 * Those who are connected: a `Set` as soon as the program asks for it, as one that broadcasts does.
 *
 * **Details**
 *
 * Until then they are on a roster, which costs less where clients come and go quickly.
 *
 * @category models
 * @since 0.1.0
 */
export class Clients<A extends Client> {
  private members: Roster<A> | Set<A> = new Roster()

  /** They all, in the order in which they came. */
  private get set(): Set<A> {
    const { members } = this
    if (members instanceof Set) return members
    return this.members = new Set([...members].toSorted((a, b) => numberOf(a) - numberOf(b)))
  }

  get size(): number {
    return this.members.size
  }

  /** Lets the program ask for the set as the property `clients` of the server, or put something else there. */
  showOn(server: object): void {
    const shown = { configurable: true, enumerable: true }
    Object.defineProperty(server, "clients", {
      ...shown,
      get: () => this.set,
      set: (value) => {
        Object.defineProperty(server, "clients", { ...shown, writable: true, value })
      }
    })
  }

  add(client: A): void {
    this.members.add(client)
  }

  delete(client: A): void {
    this.members.delete(client)
  }
}
