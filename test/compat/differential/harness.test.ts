/** Whether differences can be trusted: the same gives the same, and what is not the same is noticed. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as ws from "ws"
import * as Compare from "./Compare.ts"
import * as Difference from "./Difference.ts"
import { faultless, faults } from "./Faults.ts"
import { scripts } from "./fixed/index.ts"
import { type Kind, kinds } from "./generated/index.ts"
import * as Implementation from "./Implementation.ts"
import type { Record } from "./Journal.ts"
import * as Play from "./Play.ts"
import type { Script } from "./Script.ts"

const twice = async (script: Script): Promise<void> => {
  expect(await Compare.compare(script, [Implementation.reference])).toBeUndefined()
}

describe("a record", () => {
  it.for(Object.keys(kinds) as Array<Kind>)(
    "is the same each time: %s",
    (kind) => fc.assert(fc.asyncProperty(kinds[kind], twice), { seed: 1, numRuns: 15, endOnFailure: true })
  )

  it("has a script of its own name", () => {
    const names = scripts.map(({ name }) => name)
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  })

  it("never waits in vain", async () => {
    const { process } = await Compare.play(scripts[0], Implementation.reference)
    expect(process.filter((line) => line.startsWith(" "))).toEqual([])
  })
})

const expected = new Map<Script, Record>()

const reference = async (script: Script): Promise<Record> => {
  const record = expected.get(script) ?? await Play.play(script, { server: ws, client: ws })
  expected.set(script, record)
  return record
}

/** A few of all scripts are enough, and the few that are about streams that are full. */
const some = scripts.filter(({ name }, i) => i % 6 === 0 || name.includes("it is full"))

/** The first script that differs from ws, and in what. */
const noticed = async (fault: Implementation.Implementation): Promise<string | undefined> => {
  for (const script of some) {
    const actual = await Play.play(script, { server: fault, client: fault })
    const difference = Difference.find(script, await reference(script), actual)
    if (difference !== undefined) return `${script.name}\n${difference}`
  }
  return undefined
}

describe("a play that is cut off", () => {
  it("is over before its next step, and takes no exceptions any more", async () => {
    const before = process.listeners("unhandledRejection")
    const it = new AbortController()
    const playing = Compare.play(scripts[0], Implementation.reference, it.signal)
    await new Promise(setImmediate)
    expect(process.hasUncaughtExceptionCaptureCallback()).toBe(true)
    it.abort()
    await expect(playing).rejects.toBe(it.signal.reason)
    expect(process.hasUncaughtExceptionCaptureCallback()).toBe(false)
    expect(process.listeners("unhandledRejection")).toEqual(before)
  })
})

describe("a fault is noticed", () => {
  it.for(Object.entries(faults))("%s", async ([, fault]) => {
    expect(await noticed(fault)).toBeDefined()
  })

  it("but nothing else is", async () => {
    expect(await noticed(faultless)).toBeUndefined()
  })
})

const record = (...client: ReadonlyArray<string>): Record => ({ client, server: [], process: [] })

const any: Script = { name: "any", steps: [] }

describe("a difference", () => {
  it("shows the steps that it is in", () => {
    const a = record("one", "  same", "two", "  before", "  after", "three", "  same")
    const b = record("one", "  same", "two", "  after", "  more", "three", "  same")
    expect(Difference.find(any, a, b)?.split("\n")).toEqual([
      "client:",
      "  two",
      "-   before",
      "    after",
      "+   more"
    ])
  })

  it("is none if there is none", () => {
    expect(Difference.find(any, record("one", "  a"), record("one", "  a"))).toBeUndefined()
  })
})
