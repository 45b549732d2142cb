/** The parts that are used alone, and what the classes show. */
import * as fc from "fast-check"
import { createRequire } from "node:module"
import { describe, expect, it } from "vitest"
import * as Frame from "./Frame.ts"
import * as Implementation from "./Implementation.ts"
import * as Parts from "./Parts.ts"

type All = Parts.Parts & Implementation.Implementation & { readonly default: object }

/** This gives ws's class all that hangs on it. */
createRequire(import.meta.url)("../../../node_modules/ws/index.js")

const ws = await Implementation.load("ws") as unknown as All
const other = Implementation.compatExists ? await Implementation.load("compat") as unknown as All : ws

const seed = 2026

const isSame = async (play: (parts: All) => unknown): Promise<void> => {
  const actual = await play(other)
  expect(actual).toEqual(await play(ws))
}

/** What is wrong with a negotiation we say in our own words. */
const withoutTexts = (lines: ReadonlyArray<string>) => lines.map((line) => line.replace(/^(throws \w+): .*/, "$1"))

/** Text that comes in fragments we check as it comes. */
const isAlike = (
  frames: ReadonlyArray<{ readonly opcode: number; readonly fin: boolean; readonly payload: Buffer }>
) =>
  frames.every(({ fin, opcode, payload }) =>
    opcode > 1 || (fin && opcode === 1) || payload.every((octet) => octet < 128)
  )

const pieces = [
  "permessage-deflate",
  "a",
  "b",
  "client_max_window_bits",
  "=",
  "=10",
  "\"",
  "\\",
  ";",
  ",",
  " ",
  "\t",
  "€",
  "\"x\"",
  "",
  "[",
  "hasOwnProperty",
  "__proto__"
]

const header = fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((parts) => parts.join(""))

describe("the parts of compat are like those of ws", () => {
  it("extension", () =>
    fc.assert(fc.asyncProperty(header, (text) => isSame((parts) => Parts.parseExtensions(parts, text))), {
      seed,
      numRuns: 3000
    }))

  it("subprotocol, but for which of two faults is told", () =>
    fc.assert(
      fc.asyncProperty(header, (text) => isSame((parts) => withoutTexts([Parts.parseProtocols(parts, text)]))),
      { seed, numRuns: 3000 }
    ))

  const data = fc.oneof(
    fc.string(),
    fc.uint8Array({ maxLength: 8 }).map((octets) => Buffer.from(octets)),
    fc.constant(Buffer.alloc(126))
  )

  const options = fc.record({
    binary: fc.boolean(),
    compress: fc.constant(false),
    fin: fc.boolean(),
    mask: fc.boolean()
  })

  const command: fc.Arbitrary<Parts.Command> = fc.oneof(
    fc.tuple(fc.constant("send" as const), data, options),
    fc.tuple(fc.constantFrom("ping" as const, "pong" as const), data, fc.boolean()),
    fc.tuple(fc.constant("close" as const), fc.constantFrom(1000, 1005, 4000, undefined), data, fc.boolean())
  )

  it("Sender", () =>
    fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 4 }), (commands) =>
        isSame((parts) => Parts.send(parts, commands))),
      { seed, numRuns: 300 }
    ))

  const frame = fc.record({
    fin: fc.boolean(),
    rsv: fc.constantFrom(0, 0, 0, 0, 1, 4),
    opcode: fc.constantFrom(0, 0, 1, 1, 2, 2, 8, 9, 10, 3),
    mask: fc.constant(undefined),
    payload: fc.constantFrom("", "a", "\u0003\u00e8", "text", "\u00ff\u00ff").map((text) => Buffer.from(text, "latin1"))
  })

  const receiving = fc.record({
    isServer: fc.constant(false),
    binaryType: fc.constantFrom("nodebuffer", "arraybuffer", "fragments"),
    allowSynchronousEvents: fc.boolean(),
    skipUTF8Validation: fc.boolean()
  }, { requiredKeys: ["isServer"] })

  it("Receiver", () =>
    fc.assert(
      fc.asyncProperty(
        receiving,
        fc.array(frame, { minLength: 1, maxLength: 4 }).filter(isAlike),
        (given, frames) => isSame((parts) => Parts.receive(parts, given, [Buffer.concat(frames.map(Frame.encode))]))
      ),
      { seed, numRuns: 300 }
    ))

  const takeover = { serverNoContextTakeover: fc.boolean(), clientNoContextTakeover: fc.boolean() }
  const windows = { serverMaxWindowBits: fc.constantFrom(9, 15), clientMaxWindowBits: fc.constantFrom(9, 15) }
  const message = fc.constantFrom("", "text", "abc".repeat(500), "x".repeat(4000)).map((text) => Buffer.from(text))

  it("PerMessageDeflate", () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({ ...takeover, ...windows }, { requiredKeys: [] }),
        fc.record(takeover, { requiredKeys: [] }),
        fc.array(message, { maxLength: 3 }),
        (ofServer, ofClient, messages) =>
          isSame(async (parts) => withoutTexts(await Parts.deflate(parts, ofServer, ofClient, messages)))
      ),
      { seed, numRuns: 60 }
    ))
})

describe("compat shows what ws shows", () => {
  it("its exports", () => isSame((parts) => Object.keys(parts).filter((name) => name !== "module.exports").toSorted()))

  it.for(["WebSocket", "WebSocketServer"] as const)("%s has all members", (name) => {
    expect(Parts.shape(other[name])).toEqual(expect.arrayContaining([...Parts.shape(ws[name])]))
  })

  it.for(["WebSocket", "WebSocketServer"] as const)("%s has no more, as derived classes have members, too", (name) => {
    const known = new Set(Parts.shape(ws[name]))
    expect(Parts.shape(other[name]).filter((member) => !known.has(member))).toEqual([])
  })

  it("what the default export has", () => isSame((parts) => Object.keys(parts.default).toSorted()))
})
