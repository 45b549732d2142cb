import * as fc from "fast-check"
import { expect, it } from "vitest"
import { place, Roster } from "../../src/transport/Roster.ts"

it("has those who came and have not gone, however often they are said to go", () => {
  const steps = fc.array(fc.record({ who: fc.nat(7), comes: fc.boolean() }), { maxLength: 60 })
  fc.assert(
    fc.property(steps, (steps) => {
      const members = Array.from({ length: 8 }, (_, name) => ({ name, [place]: 0 }))
      const roster = new Roster<typeof members[number]>()
      const model = new Set<number>()
      for (const { comes, who } of steps) {
        if (!comes) roster.delete(members[who])
        else if (!model.has(who)) roster.add(members[who])
        if (comes) model.add(who)
        else model.delete(who)
        expect(Array.from(roster, ({ name }) => name).toSorted()).toEqual([...model].toSorted())
        expect(roster.size).toBe(model.size)
      }
    })
  )
})
