/**
 * What ws takes for data, as octets, and what it gives.
 *
 * @since 0.1.0
 */
import { Buffer } from "node:buffer"

/**
 * The representations of binary messages.
 *
 * @category models
 * @since 0.1.0
 */
export type BinaryType = "nodebuffer" | "arraybuffer" | "fragments" | "blob"

/**
 * The binary types that there are.
 *
 * @category constants
 * @since 0.1.0
 */
export const binaryTypes: ReadonlyArray<string> = ["nodebuffer", "arraybuffer", "fragments", "blob"]

/**
 * No octets.
 *
 * @category constants
 * @since 0.1.0
 */
export const empty = Buffer.alloc(0)

/**
 * Octets as a Buffer over the same memory.
 *
 * @category conversions
 * @since 0.1.0
 */
export const asBuffer = (octets: Uint8Array): Buffer =>
  octets.constructor === Buffer // to look for the class above costs more
    ? octets as Buffer
    : Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)

/**
 * The octets of anything that `Buffer.from` takes, without copying those that are octets already.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toOctets = (data: unknown): Uint8Array => {
  if (data instanceof Uint8Array) return data
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  return Buffer.from(data as string)
}

const blobNames = new Set(["[object Blob]", "[object File]"])

const isLikeBlob = (data: object): boolean =>
  blobNames.has(Object.prototype.toString.call(data)) &&
  "arrayBuffer" in data && typeof data.arrayBuffer === "function" &&
  "stream" in data && typeof data.stream === "function" &&
  "type" in data && typeof data.type === "string"

/**
 * Whether it is a Blob or File, of whatever realm and whoever made its class.
 *
 * @category guards
 * @since 0.1.0
 */
export const isBlob = (data: unknown): data is Blob =>
  data instanceof Blob || (typeof data === "object" && data !== null && isLikeBlob(data))

/**
 * How many octets data has.
 *
 * @category getters
 * @since 0.1.0
 */
export const lengthOf = (data: unknown): number => {
  if (typeof data === "string") return Buffer.byteLength(data)
  return isBlob(data) ? data.size : toOctets(data).length
}

const toArrayBuffer = ({ buffer, byteLength, byteOffset }: Uint8Array): ArrayBuffer =>
  byteLength === buffer.byteLength
    ? buffer as ArrayBuffer
    : buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer

/**
 * A binary message as it was asked for.
 *
 * @category conversions
 * @since 0.1.0
 */
export const represent = (
  type: BinaryType,
  octets: Uint8Array,
  fragments: ReadonlyArray<Uint8Array> | undefined
): Buffer | ArrayBuffer | Array<Buffer> | Blob => {
  switch (type) {
    case "nodebuffer":
      return asBuffer(octets)
    case "arraybuffer":
      return toArrayBuffer(octets)
    case "fragments":
      return (fragments ?? (octets.length === 0 ? [] : [octets])).map(asBuffer)
    case "blob":
      return new Blob([octets as Uint8Array<ArrayBuffer>])
  }
}
