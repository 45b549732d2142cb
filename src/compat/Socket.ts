/**
 * The socket of a WebSocket, as others find it who have kept it: of the upgrade, say, or to shut a server down.
 *
 * @since 0.1.0
 */
import type { Duplex } from "node:stream"
import { Driver } from "../connection/Driver.ts"
import { tallies } from "../connection/Tally.ts"

/** The link of a WebSocket, as far as its socket needs it. */
interface Owner {
  readonly driver: Driver
}

const linkKey = Symbol("effect-ws/link")

/** What is put on it are the same functions for every stream, which find its link there. */
type Carried = Duplex & { [linkKey]?: Owner | undefined }

/**
 * Whether a stream has become a WebSocket already.
 *
 * @category guards
 * @since 0.1.0
 */
export const isUpgraded = (duplex: Carried): boolean => duplex[linkKey] !== undefined

/**
 * Makes a stream a WebSocket's: whoever ends it, or the process, finds everything written that was sent. `leave` has to
 * follow.
 *
 * @category adopting
 * @since 0.1.0
 */
export const adopt = (duplex: Carried, link: Owner): void => {
  if (!isUpgraded(duplex) && open++ === 0) process.on("exit", flushAll)
  duplex[linkKey] = link
  if (!Object.hasOwn(duplex, "end") && !Object.hasOwn(duplex, "destroy")) {
    duplex.end = ends.end
    duplex.destroy = ends.destroy
  }
}

/**
 * The stream is closed.
 *
 * @category adopting
 * @since 0.1.0
 */
export const leave = (duplex: Carried): void => {
  duplex[linkKey] = undefined
  if (--open === 0) process.off("exit", flushAll)
}

/** Sockets that are not closed. */
let open = 0

type Method = (...args: ReadonlyArray<unknown>) => Duplex

const flushed = (method: "end" | "destroy") =>
  function(this: Carried, ...args: ReadonlyArray<unknown>): Duplex {
    this[linkKey]?.driver.flush()
    const plain: Method = Object.getPrototypeOf(this)[method]
    return plain.apply(this, args as Array<unknown>)
  }

/** What somebody else has put there is left alone. */
const ends = { end: flushed("end"), destroy: flushed("destroy") }

/** What is sent in the turn in which the process exits is written, too: ws has written it already. */
const flushAll = (): void => {
  for (const connection of [...tallies.client.open, ...tallies.server.open]) {
    if (connection instanceof Driver) connection.flush()
  }
}
