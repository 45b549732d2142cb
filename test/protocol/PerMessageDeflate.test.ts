import { Result } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Extension from "../../src/protocol/Extension.ts"
import * as PerMessageDeflate from "../../src/protocol/PerMessageDeflate.ts"

const parse = (header: string) => Result.getOrThrow(Extension.parse(header))

const respond = (header: string, options: PerMessageDeflate.Options = {}) =>
  Result.map(
    PerMessageDeflate.accept(parse(header), options),
    (acceptance) => acceptance && Extension.format([acceptance.response])
  )

const read = (header: string, options: PerMessageDeflate.Options = {}) =>
  PerMessageDeflate.readResponse(parse(header), options)

const unlimited: PerMessageDeflate.Params = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15
}

const flag = fc.constantFrom(true, false, undefined)
const bits = fc.oneof(fc.integer({ min: 8, max: 15 }), flag)
const options: fc.Arbitrary<PerMessageDeflate.Options> = fc.record({
  serverNoContextTakeover: flag,
  clientNoContextTakeover: flag,
  serverMaxWindowBits: bits,
  clientMaxWindowBits: bits
})

const malformations: ReadonlyArray<[params: string, problem: string]> = [
  ["x", "unknown parameter x (RFC 7692 §7.1)"],
  ["constructor", "unknown parameter constructor (RFC 7692 §7.1)"],
  ["__proto__=1", "unknown parameter __proto__ (RFC 7692 §7.1)"],
  ["Server_No_Context_Takeover", "unknown parameter Server_No_Context_Takeover (RFC 7692 §7.1)"],
  [
    "server_no_context_takeover; server_no_context_takeover",
    "duplicate parameter server_no_context_takeover (RFC 7692 §7.1)"
  ],
  ["server_no_context_takeover=1", "server_no_context_takeover must not be 1 (RFC 7692 §7.1.1.1)"],
  ["client_no_context_takeover=true", "client_no_context_takeover must not be true (RFC 7692 §7.1.1.2)"],
  ["server_max_window_bits", "server_max_window_bits needs a value (RFC 7692 §7.1.2.1)"],
  ...["7", "16", "08", "010", "10.0", "1e1", "0x9", "-9", "+9", "99"].flatMap((value): Array<[string, string]> => [
    [`server_max_window_bits=${value}`, `server_max_window_bits must not be ${value} (RFC 7692 §7.1.2.1)`],
    [`client_max_window_bits=${value}`, `client_max_window_bits must not be ${value} (RFC 7692 §7.1.2.2)`]
  ])
]

describe("offer", () => {
  it.each<[PerMessageDeflate.Options, string]>([
    [{}, "permessage-deflate; client_max_window_bits"],
    [{ clientMaxWindowBits: true }, "permessage-deflate; client_max_window_bits"],
    [{ clientMaxWindowBits: false }, "permessage-deflate"],
    [{ clientMaxWindowBits: 8, serverNoContextTakeover: false }, "permessage-deflate; client_max_window_bits=8"],
    [
      {
        serverNoContextTakeover: true,
        clientNoContextTakeover: true,
        serverMaxWindowBits: 10,
        clientMaxWindowBits: 11
      },
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; " +
      "client_max_window_bits=11"
    ]
  ])("offers for %j", (options, header) => {
    expect(Extension.format([PerMessageDeflate.offer(options)])).toBe(header)
  })
})

describe("accept (RFC 7692 §5, §7.1)", () => {
  it.each<[string, PerMessageDeflate.Options, string]>([
    ["permessage-deflate", {}, "permessage-deflate"],
    ["permessage-deflate; client_max_window_bits", {}, "permessage-deflate"],
    ["permessage-deflate; client_max_window_bits=10", {}, "permessage-deflate; client_max_window_bits=10"],
    ["permessage-deflate; client_max_window_bits=10", { clientMaxWindowBits: false }, "permessage-deflate"],
    [
      "permessage-deflate; client_max_window_bits",
      { clientMaxWindowBits: 9 },
      "permessage-deflate; client_max_window_bits=9"
    ],
    [
      "permessage-deflate; client_max_window_bits=10",
      { clientMaxWindowBits: 10 },
      "permessage-deflate; client_max_window_bits=10"
    ],
    [
      "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
      {},
      "permessage-deflate; client_no_context_takeover; server_no_context_takeover"
    ],
    ["permessage-deflate; server_max_window_bits=8", {}, "permessage-deflate; server_max_window_bits=8"],
    [
      "permessage-deflate; server_max_window_bits=12",
      { serverMaxWindowBits: 9 },
      "permessage-deflate; server_max_window_bits=9"
    ],
    ["permessage-deflate", { serverMaxWindowBits: 9 }, "permessage-deflate; server_max_window_bits=9"],
    ["permessage-deflate; server_no_context_takeover", {}, "permessage-deflate; server_no_context_takeover"],
    ["permessage-deflate; client_no_context_takeover", {}, "permessage-deflate; client_no_context_takeover"],
    [
      "permessage-deflate",
      { serverNoContextTakeover: true, clientNoContextTakeover: true },
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    ],
    ["permessage-deflate; server_max_window_bits=\"10\"", {}, "permessage-deflate; server_max_window_bits=10"]
  ])("answers %j, given %j", (header, options, response) => {
    expect(respond(header, options)).toEqual(Result.succeed(response))
  })

  it.each<[string, PerMessageDeflate.Options]>([
    ["permessage-deflate; server_no_context_takeover", { serverNoContextTakeover: false }],
    ["permessage-deflate; server_max_window_bits=10", { serverMaxWindowBits: false }],
    ["permessage-deflate; server_max_window_bits=10", { serverMaxWindowBits: 11 }],
    ["permessage-deflate", { clientMaxWindowBits: 11 }],
    ["permessage-deflate; client_max_window_bits=10", { clientMaxWindowBits: 11 }]
  ])("declines %j, given %j, and takes a fallback", (header, options) => {
    expect(respond(header, options)).toEqual(Result.succeed(undefined))
    expect(Result.isSuccess(respond(`${header}, permessage-deflate; client_max_window_bits`, options))).toBe(true)
    expect(Result.getOrThrow(respond(`${header}, permessage-deflate; client_max_window_bits`, options)))
      .toMatch(/^permessage-deflate/)
  })

  it("passes other extensions over", () => {
    expect(respond("x-webkit-deflate-frame; no_context_takeover, permessage-deflate")).toEqual(
      Result.succeed("permessage-deflate")
    )
    expect(respond("foo; bar=1")).toEqual(Result.succeed(undefined))
    expect(PerMessageDeflate.accept([], {})).toEqual(Result.succeed(undefined))
  })

  it.each(malformations)("fails for %j, unless there is a fallback", (params, problem) => {
    const header = `permessage-deflate; ${params}`
    expect(respond(header)).toEqual(Result.fail(`permessage-deflate: ${problem}`))
    expect(respond(`${header}, permessage-deflate`)).toEqual(Result.succeed("permessage-deflate"))
    expect(PerMessageDeflate.malformed(parse(`permessage-deflate, ${header}`))).toBe(`permessage-deflate: ${problem}`)
  })

  it("finds nothing malformed in good offers", () => {
    expect(PerMessageDeflate.malformed(parse("foo; bar, permessage-deflate; client_max_window_bits"))).toBeUndefined()
  })
})

describe("readResponse (RFC 7692 §7.1)", () => {
  it("agrees on nothing if the server declined", () => {
    expect(read("foo")).toEqual(Result.succeed(undefined))
    expect(PerMessageDeflate.readResponse([], {})).toEqual(Result.succeed(undefined))
  })

  it.each<[string, PerMessageDeflate.Options, Partial<PerMessageDeflate.Params>]>([
    ["permessage-deflate", {}, {}],
    ["foo, permessage-deflate; server_no_context_takeover", {}, { serverNoContextTakeover: true }],
    ["permessage-deflate; client_no_context_takeover", {}, { clientNoContextTakeover: true }],
    ["permessage-deflate; server_max_window_bits=8", {}, { serverMaxWindowBits: 8 }],
    ["permessage-deflate; server_max_window_bits=9", { serverMaxWindowBits: 10 }, { serverMaxWindowBits: 9 }],
    ["permessage-deflate; client_max_window_bits=9", {}, { clientMaxWindowBits: 9 }],
    ["permessage-deflate; client_max_window_bits=9", { clientMaxWindowBits: 10 }, { clientMaxWindowBits: 9 }],
    ["permessage-deflate", { clientMaxWindowBits: 10 }, { clientMaxWindowBits: 10 }],
    ["permessage-deflate", { clientNoContextTakeover: true }, { clientNoContextTakeover: true }]
  ])("reads %j, given %j", (header, options, params) => {
    expect(read(header, options)).toEqual(Result.succeed({ ...unlimited, ...params }))
  })

  it.each<[string, PerMessageDeflate.Options, string]>([
    ["permessage-deflate, permessage-deflate", {}, "accepted more than once (RFC 7692 §5)"],
    ["permessage-deflate; client_max_window_bits", {}, "client_max_window_bits needs a value (RFC 7692 §7.1.2.2)"],
    [
      "permessage-deflate; client_max_window_bits=9",
      { clientMaxWindowBits: false },
      "client_max_window_bits was not offered (RFC 7692 §7.1.2.2)"
    ],
    [
      "permessage-deflate; client_max_window_bits=11",
      { clientMaxWindowBits: 10 },
      "client_max_window_bits was offered to be at most 10 (RFC 7692 §7.1.2.2)"
    ],
    [
      "permessage-deflate; server_max_window_bits=11",
      { serverMaxWindowBits: 10 },
      "server_max_window_bits was asked to be at most 10 (RFC 7692 §7.1.2.1)"
    ],
    [
      "permessage-deflate",
      { serverMaxWindowBits: 10 },
      "server_max_window_bits was asked to be at most 10 (RFC 7692 §7.1.2.1)"
    ],
    [
      "permessage-deflate",
      { serverNoContextTakeover: true },
      "server_no_context_takeover was asked for (RFC 7692 §7.1.1.1)"
    ],
    [
      "permessage-deflate; client_no_context_takeover",
      { clientNoContextTakeover: false },
      "client_no_context_takeover is refused (RFC 7692 §7.1.1.2)"
    ],
    ...malformations.map(([params, problem]): [string, PerMessageDeflate.Options, string] => [
      `permessage-deflate; ${params}`,
      {},
      problem
    ])
  ])("refuses %j, given %j", (header, options, problem) => {
    expect(read(header, options)).toEqual(Result.fail(`permessage-deflate: ${problem}`))
  })
})

describe("outgoing and incoming", () => {
  const params = { ...unlimited, serverNoContextTakeover: true, clientMaxWindowBits: 9 }
  const server = { noContextTakeover: true, windowBits: 15 }
  const client = { noContextTakeover: false, windowBits: 9 }

  it("are each other's opposite", () => {
    expect(PerMessageDeflate.outgoing(params, "server")).toEqual(server)
    expect(PerMessageDeflate.incoming(params, "client")).toEqual(server)
    expect(PerMessageDeflate.outgoing(params, "client")).toEqual(client)
    expect(PerMessageDeflate.incoming(params, "server")).toEqual(client)
  })
})

/** A client may keep closer to the agreement than the server knows, since it promised to in its offer. */
const atLeast = (client: PerMessageDeflate.Params, server: PerMessageDeflate.Params) =>
  client.clientMaxWindowBits <= server.clientMaxWindowBits &&
  client.serverMaxWindowBits === server.serverMaxWindowBits &&
  client.serverNoContextTakeover === server.serverNoContextTakeover &&
  client.clientNoContextTakeover === server.clientNoContextTakeover

describe("both sides", () => {
  it("agree, whatever they want, unless one of them refuses", () => {
    fc.assert(
      fc.property(options, options, (client, server) => {
        const offer = parse(Extension.format([PerMessageDeflate.offer(client)]))
        const accepted = Result.getOrThrow(PerMessageDeflate.accept(offer, server))
        if (accepted === undefined) return
        const agreed = PerMessageDeflate.readResponse(parse(Extension.format([accepted.response])), client)
        const refused = client.clientNoContextTakeover === false && server.clientNoContextTakeover === true
        expect(Result.isFailure(agreed)).toBe(refused)
        if (Result.isSuccess(agreed)) expect(atLeast(agreed.success!, accepted.params)).toBe(true)
      }),
      { numRuns: 2000 }
    )
  })

  it("never throw", () => {
    const word = fc.oneof(
      fc.constantFrom(
        "permessage-deflate",
        "server_no_context_takeover",
        "client_no_context_takeover",
        "server_max_window_bits",
        "client_max_window_bits"
      ),
      fc.string({ unit: "binary" })
    )
    const value = fc.oneof(fc.constant<true>(true), fc.integer().map(String), fc.string({ unit: "binary" }))
    const extensions = fc.array(fc.record({ name: word, params: fc.array(fc.tuple(word, value)) }))
    fc.assert(
      fc.property(extensions, options, (extensions, options) => {
        expect(Result.isResult(PerMessageDeflate.accept(extensions, options))).toBe(true)
        expect(Result.isResult(PerMessageDeflate.readResponse(extensions, options))).toBe(true)
      }),
      { numRuns: 1000 }
    )
  })
})
