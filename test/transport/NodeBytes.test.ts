/** What Node does not document, and packages that may be missing, are not taken for granted. */
import { Buffer } from "node:buffer"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import * as Mask from "../../src/protocol/Mask.ts"

const text = "Grüße, 世界 🌍"

/** Loads the module anew, with something hidden meanwhile from the class of Buffers. */
const loadWithout = async (owner: object, name: PropertyKey) => {
  const own = Object.getOwnPropertyDescriptor(owner, name)
  Object.defineProperty(owner, name, { configurable: true, value: undefined })
  try {
    return (await import("../../src/transport/NodeBytes.ts")).nodeBytes
  } finally {
    if (own === undefined) Reflect.deleteProperty(owner, name)
    else Object.defineProperty(owner, name, own)
  }
}

beforeEach(() => vi.resetModules())

afterEach(() => {
  vi.doUnmock("node:module")
  vi.unstubAllEnvs()
})

describe("the operations on bytes", () => {
  it("read text without utf8Slice, anywhere in memory", async () => {
    const { decode } = await loadWithout(Buffer.prototype, "utf8Slice")
    const bytes = new TextEncoder().encode(`<${text}>`)
    expect(decode(bytes.subarray(1, -1))).toBe(text)
    expect(decode(Buffer.from(text))).toBe(text)
  })

  it("read ASCII without latin1Slice", async () => {
    const { latin1 } = await loadWithout(Buffer.prototype, "latin1Slice")
    expect(latin1(new TextEncoder().encode("<one two>"), 1, 8)).toBe("one two")
  })

  it("write text without utf8Write, as much as there is room for", async () => {
    const { encodeInto } = await loadWithout(Buffer.prototype, "utf8Write")
    const target = new Uint8Array(40)
    const length = Buffer.byteLength(text)
    expect(encodeInto(text, target, 3)).toBe(length)
    expect(Buffer.from(target).toString("utf8", 3, 3 + length)).toBe(text)
    expect(encodeInto("äöü", target.subarray(0, 7), 2)).toBe(4)
  })

  it("give views that are Uint8Arrays at least", async () => {
    const { view } = await loadWithout(Buffer, Symbol.species)
    const { buffer } = Uint8Array.of(1, 2, 3, 4)
    const bytes = view(buffer, 1, 2)
    expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype)
    expect([...bytes]).toEqual([2, 3])
  })
})

/** Masks a payload that is long enough for native code, from its second octet on. */
const masks = (mask: typeof Mask.apply): boolean => {
  const [bytes, expected] = [Buffer.alloc(5000, text), Buffer.alloc(5000, text)]
  mask(bytes, 1, 4999, 0x01020304, 1)
  Mask.apply(expected, 1, 4999, 0x01020304, 1)
  return bytes.equals(expected)
}

const native = () => {
  const unmask = vi.fn((bytes: Uint8Array, key: Uint8Array) => {
    for (let i = 0; i < bytes.length; i++) bytes[i] ^= key[i & 3]
  })
  return { unmask, require: vi.fn((_name: string) => ({ unmask })) }
}

const load = async (require: (name: string) => unknown) => {
  vi.doMock("node:module", () => ({ createRequire: () => require }))
  return (await import("../../src/transport/NodeBytes.ts")).nodeBytes
}

describe("masking", () => {
  it("is left to bufferutil where it pays, with the key as it stands at the first octet", async () => {
    vi.stubEnv("WS_NO_BUFFER_UTIL", undefined)
    const { require, unmask } = native()
    const { mask } = await load(require)
    expect(masks(mask)).toBe(true)
    expect([require.mock.calls, unmask.mock.calls.length]).toEqual([[["bufferutil"]], 1])
    mask(Buffer.alloc(100), 0, 100, 0x01020304, 0)
    expect(unmask).toHaveBeenCalledTimes(1)
  })

  it("needs no bufferutil", async () => {
    vi.stubEnv("WS_NO_BUFFER_UTIL", undefined)
    const { mask } = await load(() => {
      throw new Error("Cannot find module 'bufferutil'")
    })
    expect(masks(mask)).toBe(true)
  })

  it("does without bufferutil where WS_NO_BUFFER_UTIL says so", async () => {
    vi.stubEnv("WS_NO_BUFFER_UTIL", "1")
    const { require } = native()
    expect(masks((await load(require)).mask)).toBe(true)
    expect(require).not.toHaveBeenCalled()
  })
})
