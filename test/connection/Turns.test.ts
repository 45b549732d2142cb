import { assert, describe, it } from "@effect/vitest"
import { Turns } from "../../src/connection/Turns.ts"

const drop = () => {}

describe("jobs in their turns", () => {
  it("go on behind one that throws", async () => {
    const turns = new Turns()
    const done: Array<number> = []
    turns.begin({ size: 1, drop })
    turns.inOrder({
      size: 2,
      drop,
      run: () => {
        throw new Error("on purpose")
      }
    })
    for (const n of [1, 2]) turns.inOrder({ size: 4, drop, run: () => done.push(n) })
    assert.throws(() => turns.end(), "on purpose")
    assert.deepStrictEqual([done, turns.size, turns.isFree], [[], 8, false])
    await Promise.resolve()
    assert.deepStrictEqual([done, turns.size, turns.isFree], [[1, 2], 0, true])
  })

  it("wait for a message that one of them begins", () => {
    const turns = new Turns()
    const done: Array<number> = []
    turns.begin({ size: 1, drop })
    turns.inOrder({ size: 2, drop, run: () => turns.begin({ size: 2, drop }) })
    turns.inOrder({ size: 4, drop, run: () => done.push(1) })
    turns.end()
    assert.deepStrictEqual([done, turns.size, turns.isBusy], [[], 6, true])
    turns.end()
    assert.deepStrictEqual([done, turns.size, turns.isFree], [[1], 0, true])
  })
})
