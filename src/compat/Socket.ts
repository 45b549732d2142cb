/**
 * The socket of a WebSocket, as others find it who have kept it: of the upgrade, say, or to shut a server down.
 *
 * @since 0.1.0
 */
import type { Duplex } from "node:stream"
import { Driver } from "../connection/Driver.ts"
import { tallies } from "../connection/Tally.ts"

/** As much of a WebSocket as its socket needs. */
interface Owner {
  readonly _driver: Driver | undefined
  _closing(): void
}

const websocketKey = Symbol("effect-ws/WebSocket")

/** What is put on it are the same functions for every stream, which find its WebSocket there. */
type Carried = Duplex & { [websocketKey]?: Owner }

/**
 * Whether a stream has become a WebSocket already.
 *
 * @category guards
 * @since 0.1.0
 */
export const isUpgraded = (duplex: Carried): boolean => duplex[websocketKey] !== undefined

/**
 * Makes a stream a WebSocket's: it tells of its end, and writes before it what was sent, as does the process.
 *
 * @category adopting
 * @since 0.1.0
 */
export const adopt = (duplex: Carried, websocket: Owner): void => {
  duplex[websocketKey] = websocket
  duplex.on("close", onClose)
  if (!Object.hasOwn(duplex, "end") && !Object.hasOwn(duplex, "destroy")) {
    duplex.end = ends.end
    duplex.destroy = ends.destroy
  }
  if (open++ === 0) process.on("exit", flushAll)
}

/** Sockets that are not closed. */
let open = 0

function onClose(this: Carried): void {
  if (--open === 0) process.off("exit", flushAll)
  this[websocketKey]?._closing()
}

type Method = (...args: ReadonlyArray<unknown>) => Duplex

const flushed = (method: "end" | "destroy") =>
  function(this: Carried, ...args: ReadonlyArray<unknown>): Duplex {
    this[websocketKey]?._driver?.outbox.flush()
    const plain: Method = Object.getPrototypeOf(this)[method]
    return plain.apply(this, args as Array<unknown>)
  }

/** Whoever ends a socket finds everything written. What somebody else has put there is left alone. */
const ends = { end: flushed("end"), destroy: flushed("destroy") }

/** What is sent in the turn in which the process exits is written, too: ws has written it already. */
const flushAll = (): void => {
  for (const connection of [...tallies.client.open, ...tallies.server.open]) {
    if (connection instanceof Driver) connection.outbox.flush()
  }
}
