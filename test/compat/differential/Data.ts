/** Data that a script sends, as it describes it: `{ is: "Buffer", text: "a" }`. */

export interface Description {
  readonly is: string
  readonly [name: string]: unknown
}

const pattern = Buffer.from(Array.from({ length: 251 }, (_, i) => i))

const bytesOf = ({ hex, size, text }: Description): Buffer => {
  if (typeof size === "number") return Buffer.alloc(size, pattern)
  return typeof hex === "string" ? Buffer.from(hex, "hex") : Buffer.from(String(text ?? ""))
}

const arrayBufferOf = (description: Description): ArrayBuffer => new Uint8Array(bytesOf(description)).buffer

export const makers: { readonly [is: string]: (description: Description) => unknown } = {
  Buffer: bytesOf,
  Uint8Array: (description) => new Uint8Array(arrayBufferOf(description)),
  Uint8ArrayInside: (description) =>
    new Uint8Array(Buffer.concat([pattern, bytesOf(description), pattern])).subarray(251, -251),
  Uint16Array: (description) => new Uint16Array(arrayBufferOf(description)),
  Float64Array: (description) => new Float64Array(arrayBufferOf(description)),
  DataView: (description) => new DataView(arrayBufferOf(description)),
  ArrayBuffer: arrayBufferOf,
  SharedArrayBuffer: (description) => {
    const octets = bytesOf(description)
    const shared = new SharedArrayBuffer(octets.length)
    new Uint8Array(shared).set(octets)
    return shared
  },
  Blob: (description) => new Blob([arrayBufferOf(description)]),
  string: ({ size }) => "ab€d".repeat(Number(size)).slice(0, Number(size)),
  undefined: () => undefined,
  NaN: () => Number.NaN,
  Infinity: () => Infinity,
  symbol: () => Symbol("symbol"),
  bigint: () => 10n,
  function: () => () => {},
  Date: () => new Date(0),
  value: ({ text }) => ({ valueOf: () => text }),
  toPrimitive: ({ text }) => ({ [Symbol.toPrimitive]: () => text })
}
