import * as fc from "fast-check"
import { afterEach, describe, expect, it } from "vitest"
import * as Ws from "ws"
import * as Extension from "../../src/compat/Extension.ts"
import { type DeflateOptions, type Params, PerMessageDeflate } from "../../src/compat/PerMessageDeflate.ts"
import * as Wire from "../protocol/Wire.ts"

type Class = typeof PerMessageDeflate

const { PerMessageDeflate: WsPerMessageDeflate } = Ws as unknown as { readonly PerMessageDeflate: Class }

const choices = {
  serverNoContextTakeover: [undefined, true, false],
  clientNoContextTakeover: [undefined, true, false],
  serverMaxWindowBits: [undefined, 11, false],
  clientMaxWindowBits: [undefined, 11, true, false]
} as const

/** Every combination of the options. */
const combinations = Object.entries(choices).reduce<ReadonlyArray<DeflateOptions>>(
  (all, [name, values]) => all.flatMap((options) => values.map((value) => ({ ...options, [name]: value }))),
  [{}]
)

/** What goes by whether it is true, and not by the types. */
const loose = Object.keys(choices).flatMap((name) =>
  (name.endsWith("Takeover") ? [1, "yes", 0, null] : [null]).map((value) => ({ [name]: value }))
) as ReadonlyArray<DeflateOptions>

const named = [...combinations, ...loose].map((options) => [JSON.stringify(options), options] as const)

const flags = ["server_no_context_takeover", "client_no_context_takeover"] as const
const bits = ["server_max_window_bits", "client_max_window_bits"] as const

const only = (name: string, ...values: Extension.Configuration[string]): Extension.Configuration => ({ [name]: values })

const configurations: ReadonlyArray<Extension.Configuration> = [
  {},
  ...flags.flatMap((flag) => [only(flag, true), only(flag, "x"), only(flag, true, true)]),
  ...bits.flatMap((name) => [true as const, "10", "12", "15", "7", "16", "a"].map((value) => only(name, value))),
  only("unknown", "1"),
  { server_no_context_takeover: [true], client_no_context_takeover: [true], client_max_window_bits: ["10"] },
  { server_max_window_bits: ["10"], client_max_window_bits: [true] }
]

/** What is agreed on, or `undefined` if it is refused. */
const accepted = (
  Class: Class,
  options: DeflateOptions,
  offers: ReadonlyArray<Extension.Configuration>
): Params | undefined => {
  const deflate = new Class(options)
  try {
    const params = deflate.accept(structuredClone(offers) as Array<Extension.Configuration>)
    expect(deflate.params).toBe(params)
    return params
  } catch (error) {
    expect(error).toBeInstanceOf(Error)
    expect(deflate.params).toBeNull()
    return undefined
  }
}

describe("the class", () => {
  it("has the extension's name", () => {
    expect(PerMessageDeflate.extensionName).toBe(WsPerMessageDeflate.extensionName)
    expect(new PerMessageDeflate().params).toBeNull()
  })
})

describe.each(named)("with the options %s", (_, options) => {
  it("a client offers what ws offers", () => {
    expect(new PerMessageDeflate(options).offer()).toEqual(new WsPerMessageDeflate(options).offer())
  })

  it("a server accepts what ws accepts, but does not repeat what goes without saying", () => {
    const server = { ...options, isServer: true }
    for (const offers of [[], ...configurations.map((one) => [one]), ...configurations.map((one) => [one, {}])]) {
      const theirs = accepted(WsPerMessageDeflate, server, offers)
      if (theirs?.client_max_window_bits === 15) delete theirs.client_max_window_bits
      expect([offers, accepted(PerMessageDeflate, server, offers)]).toEqual([offers, theirs])
    }
  })

  it("a client accepts what ws accepts, and keeps to what it offered (RFC 7692 §7.1.1.2)", () => {
    const own = options.clientNoContextTakeover ? { client_no_context_takeover: true } : {}
    for (const response of configurations) {
      const theirs = accepted(WsPerMessageDeflate, options, [response])
      const expected = theirs === undefined ? undefined : { ...theirs, ...own }
      expect([response, accepted(PerMessageDeflate, options, [response])]).toEqual([response, expected])
    }
  })
})

it.each(["serverMaxWindowBits", "clientMaxWindowBits"])("a client whose %s is 0 offers none, as with ws", (name) => {
  expect(new PerMessageDeflate({ [name]: 0 }).offer()).toEqual(new WsPerMessageDeflate({ [name]: 0 }).offer())
})

it("says, as ws does, that no offer suits", () => {
  for (const Class of [PerMessageDeflate, WsPerMessageDeflate]) {
    expect(() => new Class({ isServer: true }).accept([])).toThrow(
      new Error("None of the extension offers can be accepted")
    )
  }
})

const opened: Array<PerMessageDeflate> = []

// Only ours: ws may throw out of the thread pool after it
afterEach(() => opened.splice(0).forEach((deflate) => deflate instanceof PerMessageDeflate && deflate.cleanup()))

/** The two ends of a connection that have agreed. */
const pair = (Client: Class, Server: Class, options: DeflateOptions = {}): [PerMessageDeflate, PerMessageDeflate] => {
  const [client, server] = [new Client(options), new Server({ ...options, isServer: true })]
  const offers = Extension.parse(Extension.format({ a: client.offer() as Extension.Writable }))
  const response = server.accept(offers["a"]) as Extension.Writable
  client.accept(Extension.parse(Extension.format({ a: response }))["a"])
  opened.push(client, server)
  return [client, server]
}

const compress = (deflate: PerMessageDeflate, data: string | Uint8Array, fin = true): Promise<Buffer> =>
  new Promise((resolve, reject) =>
    deflate.compress(data, fin, (error, result) => error ? reject(error) : resolve(result as Buffer))
  )

const decompress = (deflate: PerMessageDeflate, data: Uint8Array, fin = true): Promise<Buffer> =>
  new Promise((resolve, reject) =>
    deflate.decompress(data, fin, (error, result) => error ? reject(error) : resolve(result as Buffer))
  )

const peers = [
  ["ours", "ours", PerMessageDeflate, PerMessageDeflate],
  ["ours", "ws", PerMessageDeflate, WsPerMessageDeflate],
  ["ws", "ours", WsPerMessageDeflate, PerMessageDeflate]
] as const

const octets = fc.oneof(fc.string().map(Wire.utf8), fc.nat(3000).map((size) => Wire.octets(size)))
const part = octets.filter(({ length }) => length > 0)
const messages = fc.array(fc.array(part, { minLength: 1, maxLength: 3 }), { maxLength: 4 })

describe.each(peers)("between a client that is %s and a server that is %s", (_, __, Client, Server) => {
  it("messages arrive, whole or in parts, whatever is agreed on", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...combinations), messages, fc.boolean(), async (options, messages, up) => {
        const [client, server] = pair(Client, Server, options)
        const [from, to] = up ? [client, server] : [server, client]
        for (const parts of messages) {
          const received: Array<Buffer> = []
          for (const [i, part] of parts.entries()) {
            const fin = i === parts.length - 1
            received.push(await decompress(to, await compress(from, part, fin), fin))
          }
          expect(Wire.toHex(Wire.concat(received))).toBe(Wire.toHex(Wire.concat(parts)))
        }
      }),
      { numRuns: 60 }
    )
  })

  it("an empty message arrives", async () => {
    const [client, server] = pair(Client, Server)
    expect(await decompress(server, await compress(client, ""))).toHaveLength(0)
  })

  it("calls that overlap are done in order", async () => {
    const [client, server] = pair(Client, Server)
    const texts = ["a".repeat(100_000), "b", "", "c".repeat(50_000)]
    const compressed = await Promise.all(texts.map((text) => compress(client, text)))
    for (const [i, payload] of compressed.entries()) expect(String(await decompress(server, payload))).toBe(texts[i])
  })
})

/** Each level of zlib makes other octets of it. */
const telling = Array.from({ length: 20_000 }, (_, i) => ((i * i) ^ ((i * i * i) % 10_007)) % 3).join("")

describe("what is compressed", () => {
  it.each([undefined, 1, 5, 6, 7, 9])("at the level %s has the octets of ws", async (level) => {
    const options = level === undefined ? {} : { zlibDeflateOptions: { level } }
    const [[ours], [theirs]] = [PerMessageDeflate, WsPerMessageDeflate].map((Class) => pair(Class, Class, options))
    const [mine, expected] = await Promise.all([ours!, theirs!].map((deflate) => compress(deflate, telling)))
    expect(Buffer.from(mine!).equals(expected!)).toBe(true)
  })
})

describe.each([["ours", PerMessageDeflate], ["ws", WsPerMessageDeflate]] as const)("%s", (_, Class) => {
  it("takes strings and views", async () => {
    const [client, server] = pair(Class, Class)
    for (const data of ["text", new Uint16Array([1, 2]), new DataView(new ArrayBuffer(3)), Buffer.from("text")]) {
      const expected = typeof data === "string"
        ? Buffer.from(data)
        : Buffer.from(data.buffer, data.byteOffset, data.byteLength)
      const result = await decompress(server, await compress(client, data as Uint8Array))
      expect(result).toEqual(expected)
      expect(result).toBeInstanceOf(Buffer)
    }
  })

  it("calls back later", () => {
    const [client] = pair(Class, Class)
    let called = false
    client.compress("text", true, () => called = true)
    client.decompress(new Uint8Array(0), false, () => called = true)
    expect(called).toBe(false)
  })

  it("needs an agreement", () => {
    expect(() => new Class().compress("text", true, () => {})).toThrow(Error)
    expect(() => new Class().decompress(Buffer.of(0), true, () => {})).toThrow(Error)
  })

  it("refuses what becomes too large, and goes on", async () => {
    const [client, server] = pair(Class, Class, { maxPayload: 100 })
    const large = await compress(client, "a".repeat(101))
    const error = await decompress(server, large).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(RangeError)
    expect(error).toMatchObject({ message: "Max payload size exceeded", code: "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH" })
    const [another] = pair(Class, Class)
    expect(String(await decompress(server, await compress(another, "a".repeat(100))))).toBe("a".repeat(100))
  })

  it("refuses what is corrupt, and goes on", async () => {
    const [client, server] = pair(Class, Class)
    const error = await decompress(server, Buffer.of(0x06, 0)).catch((error: unknown) => error)
    expect(error).toMatchObject({ name: "Error", code: "Z_DATA_ERROR" })
    const [status] = Object.getOwnPropertySymbols(error)
    expect([String(status), Reflect.get(error as object, status)]).toEqual(["Symbol(status-code)", 1007])
    expect(String(await decompress(server, await compress(client, "text")))).toBe("text")
  })
})

it("a client accepts no answer that is none", () => {
  for (const Class of [PerMessageDeflate, WsPerMessageDeflate]) {
    expect(() => new Class().accept([])).toThrow(Error)
  }
})

describe("ours, unlike ws,", () => {
  it("can be used again at once when it is cleaned up, which what is under way is told as in ws", async () => {
    const [client] = pair(PerMessageDeflate, PerMessageDeflate)
    const pending = compress(client, "a".repeat(100_000))
    client.cleanup()
    await expect(pending).rejects.toThrow("The deflate stream was closed while data was being processed")
    client.cleanup()
    expect(await compress(client, "text")).toBeInstanceOf(Buffer)
  })

  it("compresses so many messages at a time as the limit says that they share, in the order of the calls", async () => {
    const [first, second] = [0, 1].map(() => pair(PerMessageDeflate, PerMessageDeflate, { concurrencyLimit: 1 })[0])
    const done: Array<string> = []
    const large = compress(first, "a".repeat(3_000_000)).then(() => done.push("large"))
    const small = compress(second, "a".repeat(100_000)).then(() => done.push("small"))
    await Promise.all([large, small])
    expect(done).toEqual(["large", "small"])
  })

  it("refuses a message that is cut short", async () => {
    const [client, server] = pair(PerMessageDeflate, PerMessageDeflate)
    const payload = await compress(client, "hello hello hello")
    await expect(decompress(server, payload.subarray(0, 3))).rejects.toMatchObject({ code: "Z_DATA_ERROR" })
  })

  it("calls back for what is being decompressed when it is cleaned up", async () => {
    const [client, server] = pair(PerMessageDeflate, PerMessageDeflate)
    const payload = await compress(client, "a".repeat(10_000_000))
    const pending = decompress(server, payload)
    server.cleanup()
    await expect(pending).rejects.toThrow("The inflate stream was closed while data was being processed")
  })

  it("counts what it keeps of a message in parts against the limit", async () => {
    const [client, server] = pair(PerMessageDeflate, PerMessageDeflate, { maxPayload: 10 })
    const payload = await compress(client, Wire.octets(30))
    await decompress(server, payload.subarray(0, 8), false)
    await expect(decompress(server, payload.subarray(8, 16), false)).rejects.toThrow(RangeError)
  })
})
