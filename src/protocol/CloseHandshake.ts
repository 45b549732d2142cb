/**
 * The closing handshake as a total table: what each input does in each state (RFC 6455 §7).
 *
 * @since 0.1.0
 */

/**
 * Where the closing handshake stands.
 *
 * **Details**
 *
 * - `Open`: nobody has closed
 * - `CloseSent`: our Close is out, the peer's has not come
 * - `Exchanged`: both Closes were sent, and TCP has not ended
 * - `Failing`: the peer broke a rule, and TCP has not ended
 * - `Closed`: nothing happens any more
 *
 * @category models
 * @since 0.1.0
 */
export type State = "Open" | "CloseSent" | "Exchanged" | "Failing" | "Closed"

/**
 * What happened.
 *
 * @category models
 * @since 0.1.0
 */
export type Input = "SendClose" | "ReceiveClose" | "Violation" | "EndOfStream" | "Timeout"

/**
 * What is to be done, in this order. The end is reported once: when it is known, which is before TCP is gone.
 *
 * @category models
 * @since 0.1.0
 */
export type Action = "writeClose" | "echoClose" | "reportClean" | "reportAbnormal" | "endWrite" | "destroy"

/**
 * The next state, and the actions on the way.
 *
 * @category models
 * @since 0.1.0
 */
export interface Transition {
  readonly state: State
  readonly actions: ReadonlyArray<Action>
}

const to = (state: State, ...actions: ReadonlyArray<Action>): Transition => ({ state, actions })

/** The inputs that change nothing in a state. */
const inert = (state: State): Readonly<Record<Input, Transition>> => ({
  SendClose: to(state),
  ReceiveClose: to(state),
  Violation: to(state),
  EndOfStream: to(state),
  Timeout: to(state)
})

/** TCP has still to end: the peer's turn, until the time is up. */
const ending = {
  EndOfStream: to("Closed", "destroy"),
  Timeout: to("Closed", "destroy")
}

/**
 * The table. A state without a cell for every input does not compile.
 *
 * **Details**
 *
 * `endWrite` is for the side that ends TCP first: the server after a handshake (§7.1.1), either side after a violation
 * (§7.1.7).
 *
 * @category tables
 * @since 0.1.0
 */
export const transitions: Readonly<Record<State, Readonly<Record<Input, Transition>>>> = {
  Open: {
    ...inert("Open"),
    SendClose: to("CloseSent", "writeClose"), // §7.1.2
    ReceiveClose: to("Exchanged", "echoClose", "reportClean", "endWrite"), // §5.5.1
    Violation: to("Failing", "writeClose", "reportAbnormal", "endWrite"), // §7.1.7
    EndOfStream: to("Closed", "reportAbnormal", "destroy") // §7.1.5: 1006
  },
  CloseSent: {
    ...inert("CloseSent"),
    ReceiveClose: to("Exchanged", "reportClean", "endWrite"), // §7.1.4
    Violation: to("Failing", "reportAbnormal", "endWrite"),
    EndOfStream: to("Closed", "reportAbnormal", "destroy"),
    Timeout: to("Closed", "reportAbnormal", "destroy")
  },
  Exchanged: { ...inert("Exchanged"), ...ending },
  Failing: { ...inert("Failing"), ...ending },
  Closed: inert("Closed")
}

/**
 * The table as a Mermaid state diagram; inert cells are left out.
 *
 * @category formatting
 * @since 0.1.0
 */
export const diagram = (): string =>
  ["stateDiagram-v2", "  [*] --> Open", ...Object.entries(transitions).flatMap(arrows), "  Closed --> [*]"].join("\n")

const arrows = ([from, cells]: [string, Readonly<Record<Input, Transition>>]): ReadonlyArray<string> =>
  Object.entries(cells)
    .filter(([, { actions, state }]) => state !== from || actions.length > 0)
    .map(([input, { actions, state }]) => `  ${from} --> ${state}: ${input} / ${actions.join(", ")}`)
