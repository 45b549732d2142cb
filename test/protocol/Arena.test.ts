import { describe, expect, it } from "vitest"
import { Arena } from "../../src/protocol/Arena.ts"

const make = (size = 100) => {
  const allocated: Array<number> = []
  const arena = new Arena((size) => {
    allocated.push(size)
    return new Uint8Array(size)
  }, size)
  const lend = (count: number) => {
    const slab = arena.lend(count)
    const start = arena.cursor
    arena.cursor += count
    return { slab, start }
  }
  return { allocated, arena, lend }
}

describe("an arena", () => {
  it("allocates nothing until memory is needed", () => {
    const { allocated, lend } = make()
    expect(allocated).toEqual([])
    lend(1)
    expect(allocated).toEqual([100])
  })

  it("lends regions one behind the other", () => {
    const { allocated, lend } = make()
    expect([lend(40), lend(40), lend(20)].map(({ start }) => start)).toEqual([0, 40, 80])
    expect(allocated).toHaveLength(1)
  })

  it("uses its slab again from the start when everything is back, and not before", () => {
    const { allocated, arena, lend } = make()
    const [first, second] = [lend(40), lend(40)]
    arena.giveBack(second.slab)
    expect(lend(20).start).toBe(80)
    arena.giveBack(second.slab)
    arena.giveBack(first.slab)
    expect(lend(100)).toEqual({ slab: first.slab, start: 0 })
    expect(allocated).toHaveLength(1)
  })

  it("takes a new slab when there is no room, and leaves what is lent of the old one alone", () => {
    const { allocated, arena, lend } = make()
    const old = lend(60)
    const first = lend(60)
    expect(first.slab).not.toBe(old.slab)
    expect(first.start).toBe(0)
    arena.giveBack(old.slab)
    expect(lend(10).start).toBe(60)
    arena.giveBack(first.slab)
    arena.giveBack(first.slab)
    expect(lend(10).start).toBe(0)
    expect(allocated).toHaveLength(2)
  })

  it("never uses a slab again that was given up", () => {
    const { arena, lend } = make()
    const [first, second] = [lend(10), lend(10)]
    arena.giveUp(first.slab)
    const next = lend(10)
    expect(next.slab).not.toBe(first.slab)
    arena.giveBack(second.slab)
    arena.giveUp(second.slab)
    expect(lend(10)).toEqual({ slab: next.slab, start: 10 })
  })

  it("has room for what is larger than its slabs", () => {
    const { allocated, arena, lend } = make()
    arena.giveBack(lend(10).slab)
    expect(lend(250).slab).toHaveLength(250)
    expect(allocated).toEqual([100, 250])
  })
})
