import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Waiters } from "../../src/connection/Waiters.ts"

describe("those who wait", () => {
  it("are called in the order in which they came, without those who have left, and once", () => {
    fc.assert(fc.property(fc.array(fc.boolean(), { maxLength: 5 }), (leaving) => {
      const waiters = new Waiters()
      const called: Array<number> = []
      const leave = leaving.map((_, i) => waiters.add(() => called.push(i)))
      for (const [i, leaves] of leaving.entries()) if (leaves) leave[i]()
      const late = leaving.length
      waiters.add(() => called.push(late))
      waiters.call()
      waiters.call()
      expect(called).toEqual([...[...leaving.keys()].filter((i) => !leaving[i]), late])
    }))
  })

  it("may wait again when they are called", () => {
    const waiters = new Waiters()
    let calls = 0
    const again = () => {
      calls++
      waiters.add(again)
    }
    waiters.add(again)
    waiters.call()
    waiters.call()
    expect(calls).toBe(2)
  })
})
