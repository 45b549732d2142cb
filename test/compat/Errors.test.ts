import { describe, expect, it } from "vitest"
import * as Ws from "ws"
import * as Errors from "../../src/compat/Errors.ts"
import type { Receiver } from "../../src/compat/Receiver.ts"
import * as CloseFrame from "../../src/protocol/CloseFrame.ts"
import * as FrameHeader from "../../src/protocol/FrameHeader.ts"
import * as Violation from "../../src/protocol/Violation.ts"
import { nodeBytes } from "../../src/transport/NodeBytes.ts"
import * as Wire from "../protocol/Wire.ts"

const { Receiver: WsReceiver } = Ws as unknown as { readonly Receiver: typeof Receiver }

type Options = ConstructorParameters<typeof Receiver>[0]

/** The error of ws for what a peer sends. */
const errorOfWs = (chunks: ReadonlyArray<Uint8Array>, options: Options): Promise<Error> =>
  new Promise((resolve) => {
    const receiver = new WsReceiver(options).on("error", resolve)
    for (const chunk of chunks) receiver.write(chunk.slice())
  })

/** What programs can see of an error. */
const seen = (error: Error): unknown => {
  const [status, ...others] = Object.getOwnPropertySymbols(error)
  return {
    type: Object.getPrototypeOf(error),
    text: String(error),
    properties: Object.entries(error),
    status: [status.description, Reflect.get(error, status)],
    others
  }
}

const translated = (violation: Violation.Violation, found?: number): unknown =>
  seen(Errors.fromViolation(Violation.error(violation, found)))

describe("the first two octets of a frame", () => {
  const headers: ReadonlyArray<readonly [first: number, second: number, isServer: boolean]> = [
    ...[0xc1, 0xc0, 0xc9, 0x91, 0xa1, 0xb1, 0xe1, 0xf1, 0x99].map((first) => [first, 0, false] as const),
    ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => [0x80 | opcode, 0, false] as const),
    ...[8, 9, 10].map((opcode) => [opcode, 0, false] as const),
    ...[126, 127].map((length) => [0x89, length, false] as const),
    [0x82, 0x80, false],
    [0x82, 0x00, true]
  ]

  it.each(headers)("%i, %i, to a server: %s, have the error of ws", async (first, second, isServer) => {
    const violation = FrameHeader.check(first, second, { masked: isServer, rsv1: false })
    if (violation === undefined) throw new Error("nothing is wrong with it")
    const theirs = await errorOfWs([Uint8Array.of(first, second)], { isServer })
    expect(translated(violation, FrameHeader.culprit(violation, first, second))).toEqual(seen(theirs))
  })
})

describe("a Close", () => {
  it.each(["00", "03e7", "03ec", "03ed", "03ee", "03f7", "03f8", "0bb7", "1388", "ffff", "03e8ff"])(
    "of %s has the error of ws",
    async (digits) => {
      const payload = Wire.hex(digits)
      const close = CloseFrame.decode(nodeBytes, payload)
      const theirs = await errorOfWs([Wire.frame({ opcode: 8, payload })], {})
      expect(seen(Errors.fromViolation(close as Violation.ProtocolError))).toEqual(seen(theirs))
    }
  )
})

describe("the violation", () => {
  const cases: ReadonlyArray<readonly [Violation.Violation, number | undefined, ReadonlyArray<string>, Options]> = [
    ["ContinuationUnexpected", undefined, ["8000"], {}],
    ["ContinuationMissing", 1, ["0100", "8100"], {}],
    ["ContinuationMissing", 2, ["0100", "8200"], {}],
    ["LengthUnsupported", undefined, ["827f0020000000000000"], {}],
    ["TextNotUtf8", undefined, ["8101ff"], {}],
    ["MessageTooBig", undefined, ["8206"], { maxPayload: 5 }],
    ["FragmentsTooMany", undefined, ["010161", "000161"], { maxFragments: 1 }],
    ["ChunksTooMany", undefined, ["820961", "61", "61"], { maxBufferedChunks: 1 }]
  ]

  it.each(cases)("%s, found %s, is the error of ws for %o", async (violation, found, chunks, options) => {
    const theirs = await errorOfWs(chunks.map(Wire.hex), options)
    expect(translated(violation, found)).toEqual(seen(theirs))
  })

  it("DeflateInvalid has the code of zlib, though not its text", () => {
    const error = Errors.fromViolation(Violation.error("DeflateInvalid"))
    expect(error).toMatchObject({ name: "Error", code: "Z_DATA_ERROR", errno: -3, [Errors.statusCode]: 1007 })
  })

  it.each(Object.keys(Violation.rules) as ReadonlyArray<Violation.Violation>)(
    "%s keeps its close code",
    (violation) => {
      expect(Errors.fromViolation(Violation.error(violation))[Errors.statusCode]).toBe(
        Violation.rules[violation].closeCode
      )
    }
  )
})
