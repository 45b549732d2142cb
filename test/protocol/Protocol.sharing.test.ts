import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Conversations from "./Conversations.ts"
import * as Cuts from "./Cuts.ts"
import * as Listening from "./Listening.ts"

const limits = { maxMessageSize: 3000, maxFragments: 3 }

/** What comes at once, and how many outputs are taken then. */
interface Turn {
  readonly chunk: Uint8Array
  readonly takes: number
}

const take = (protocol: Protocol.Protocol, { chunk, takes }: Turn): Array<Listening.Heard> => {
  protocol.push(chunk.slice())
  return Array.from({ length: takes }, () => Listening.takeOne(protocol)).flat()
}

/** The rest, and the end. */
const finish = (protocol: Protocol.Protocol): Array<Listening.Heard> => {
  const heard = Listening.drain(protocol)
  protocol.endOfStream()
  return [...heard, ...Listening.drain(protocol)]
}

describe.each(Conversations.sides)("connections of a $role (compression: $compression)", (side) => {
  const make = () => new Protocol.Protocol({ ...side, limits })

  it("hear what each hears alone, in whatever order they read", () => {
    const said = fc.oneof(
      Conversations.conversation(side).map(({ bytes }) => bytes),
      Conversations.garbage(side)
    )
    const turns = fc.tuple(said, Cuts.cuts, fc.array(fc.nat(3), { minLength: 1, maxLength: 5 })).map(
      ([bytes, at, takes]): ReadonlyArray<Turn> =>
        Cuts.cut(bytes, at).map((chunk, i) => ({ chunk, takes: takes[i % takes.length] }))
    )
    fc.assert(
      fc.property(fc.array(turns, { minLength: 2, maxLength: 4 }), fc.infiniteStream(fc.nat(100)), (all, order) => {
        const alone = all.map((turns) => {
          const protocol = make()
          const heard = turns.flatMap((turn) => take(protocol, turn))
          return [...heard, ...finish(protocol)]
        })
        const members = all.map((turns) => ({ protocol: make(), turns: [...turns], heard: Array<Listening.Heard>() }))
        const waiting = () => members.filter(({ turns }) => turns.length > 0)
        for (let left = waiting(); left.length > 0; left = waiting()) {
          const { heard, protocol, turns } = left[order.next().value! % left.length]
          heard.push(...take(protocol, turns.shift()!))
        }
        for (const { heard, protocol } of members) heard.push(...finish(protocol))
        expect(members.map(({ heard }) => heard)).toEqual(alone)
      }),
      { numRuns: 300 }
    )
  })
})
