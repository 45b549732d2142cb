import { describe, expect, it } from "vitest"
import * as CloseHandshake from "../../src/protocol/CloseHandshake.ts"

type State = CloseHandshake.State
type Input = CloseHandshake.Input

const { transitions } = CloseHandshake
const states = Object.keys(transitions) as ReadonlyArray<State>
const inputs = Object.keys(transitions.Open) as ReadonlyArray<Input>

/** What is done on the way of these inputs, and where it ends. */
const walk = (path: ReadonlyArray<Input>) => {
  let state: State = "Open"
  const actions = path.flatMap((input) => {
    const transition: CloseHandshake.Transition = transitions[state][input]
    state = transition.state
    return transition.actions
  })
  return { state: state as State, actions }
}

/** All ways of this many inputs: an input that may matter is in each place. */
const paths = (length: number): ReadonlyArray<ReadonlyArray<Input>> =>
  length === 0 ? [[]] : paths(length - 1).flatMap((path) => inputs.map((input) => [...path, input]))

const isReport = (action: CloseHandshake.Action): boolean => action === "reportClean" || action === "reportAbnormal"
const isClose = (action: CloseHandshake.Action): boolean => action === "writeClose" || action === "echoClose"

describe("the closing handshake", () => {
  it("that we start ends when the peer's Close is there (RFC 6455 §7.1.3, §7.1.4)", () => {
    expect(walk(["SendClose", "ReceiveClose", "EndOfStream"])).toEqual({
      state: "Closed",
      actions: ["writeClose", "reportClean", "endWrite", "destroy"]
    })
  })

  it("that the peer starts is answered (RFC 6455 §5.5.1)", () => {
    expect(walk(["ReceiveClose", "EndOfStream"])).toEqual({
      state: "Closed",
      actions: ["echoClose", "reportClean", "endWrite", "destroy"]
    })
  })

  it("is not clean where the stream ends without a Close (RFC 6455 §7.1.5)", () => {
    expect(walk(["EndOfStream"]).actions).toEqual(["reportAbnormal", "destroy"])
    expect(walk(["SendClose", "EndOfStream"]).actions).toEqual(["writeClose", "reportAbnormal", "destroy"])
  })

  it("fails the connection for a violation (RFC 6455 §7.1.7), with one Close at most", () => {
    expect(walk(["Violation"]).actions).toEqual(["writeClose", "reportAbnormal", "endWrite"])
    expect(walk(["SendClose", "Violation"]).actions).toEqual(["writeClose", "reportAbnormal", "endWrite"])
  })

  it("does not wait forever", () => {
    expect(walk(["SendClose", "Timeout"])).toEqual({
      state: "Closed",
      actions: ["writeClose", "reportAbnormal", "destroy"]
    })
    expect(walk(["ReceiveClose", "Timeout"]).state).toBe("Closed")
    expect(walk(["Violation", "Timeout"]).state).toBe("Closed")
  })
})

describe("the table", () => {
  it("has a cell for each input in each state", () => {
    for (const state of states) expect(Object.keys(transitions[state])).toEqual(inputs)
  })

  it("leads to Closed from every state, with the end of the stream", () => {
    for (const state of states) expect(transitions[state].EndOfStream.state).toBe("Closed")
  })

  it("does nothing in Closed", () => {
    for (const input of inputs) expect(transitions.Closed[input]).toEqual({ state: "Closed", actions: [] })
  })

  it("never leads back", () => {
    const order: ReadonlyArray<State> = ["Open", "CloseSent", "Exchanged", "Failing", "Closed"]
    for (const state of states) {
      for (const input of inputs) {
        const next = transitions[state][input].state
        expect(next === state || order.indexOf(next) > order.indexOf(state), `${state} ${input}`).toBe(true)
      }
    }
  })

  it("has a clean end where the peer's Close is received, and only there (RFC 6455 §7.1.4)", () => {
    for (const state of states) {
      for (const input of inputs) {
        const { actions } = transitions[state][input]
        expect(actions.includes("reportClean"), `${state} ${input}`)
          .toBe(input === "ReceiveClose" && actions.length > 0)
      }
    }
  })

  it("does something only where it changes the state", () => {
    for (const state of states) {
      for (const input of inputs) {
        const cell = transitions[state][input]
        expect(cell.state !== state, `${state} ${input}`).toBe(cell.actions.length > 0)
      }
    }
  })
})

describe("on every way of up to six inputs", () => {
  const ways = paths(6).map((path) => Object.assign(walk(path), { path }))

  it("the end is reported once, when no message can come any more", () => {
    for (const { actions, path, state } of ways) {
      const reports = actions.filter(isReport).length
      expect(reports, path.join()).toBe(state === "Open" || state === "CloseSent" ? 0 : 1)
    }
  })

  it("one Close is written at most, before the end is reported", () => {
    for (const { actions, path } of ways) {
      const closes = actions.flatMap((action, i) => isClose(action) ? [i] : [])
      expect(closes.length, path.join()).toBeLessThanOrEqual(1)
      if (closes.length === 1 && actions.some(isReport)) {
        expect(closes[0], path.join()).toBeLessThan(actions.findIndex(isReport))
      }
    }
  })

  it("the transport ends after the report, and is dropped once in Closed", () => {
    for (const { actions, path, state } of ways) {
      expect(actions.filter((action) => action === "destroy").length, path.join()).toBe(state === "Closed" ? 1 : 0)
      for (const action of ["endWrite", "destroy"] as const) {
        const at = actions.indexOf(action)
        if (at !== -1) expect(at, path.join()).toBeGreaterThan(actions.findIndex(isReport))
      }
    }
  })
})
