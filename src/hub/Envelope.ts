/**
 * A message on its way between hubs: what it is and for whom, not how it is framed.
 *
 * @since 0.1.0
 */
import { nodeBytes } from "../transport/NodeBytes.ts"

/**
 * A message that was published.
 *
 * @category models
 * @since 0.1.0
 */
export interface Envelope {
  /** The hub where it was published: a name that no other hub has. */
  readonly origin: string
  /** `undefined` if it is for everybody. */
  readonly topic: string | undefined
  readonly kind: "text" | "binary"
  /** The octets of the message; of a text, in UTF-8. */
  readonly payload: Uint8Array
  /** Whether it may be compressed. */
  readonly compress: boolean
}

const isText = 1
const hasTopic = 2
const mayCompress = 4
const prefixSize = 7

/**
 * Encodes an envelope for backplanes that carry bytes: an octet of flags, the lengths of origin (16 bits) and topic
 * (32 bits), origin, topic, payload.
 *
 * @category encoding
 * @since 0.1.0
 */
export const encode = ({ compress, kind, origin, payload, topic }: Envelope): Uint8Array => {
  const names = [nodeBytes.encode(origin), nodeBytes.encode(topic ?? "")] as const
  const start = prefixSize + names[0].length + names[1].length
  const bytes = nodeBytes.allocate(start + payload.length)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const flags = (kind === "text" ? isText : 0) | (topic === undefined ? 0 : hasTopic) | (compress ? mayCompress : 0)
  view.setUint8(0, flags)
  view.setUint16(1, names[0].length)
  view.setUint32(3, names[1].length)
  bytes.set(names[0], prefixSize)
  bytes.set(names[1], prefixSize + names[0].length)
  bytes.set(payload, start)
  return bytes
}

/**
 * Decodes an envelope; `undefined` if it is none, or a text that is not UTF-8. The payload is a view of the bytes.
 *
 * **Example** (Encoding and decoding)
 *
 * ```ts
 * import * as HubBackplane from "effect-ws/HubBackplane"
 *
 * const payload = new TextEncoder().encode("Hello")
 * const sent = { origin: "a", topic: "lobby", kind: "text", payload, compress: true } as const
 * const received = HubBackplane.decode(HubBackplane.encode(sent))
 * received?.topic // => "lobby"
 * new TextDecoder().decode(received?.payload) // => "Hello"
 * ```
 *
 * @category encoding
 * @since 0.1.0
 */
export const decode = (bytes: Uint8Array): Envelope | undefined => {
  if (bytes.length < prefixSize) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const flags = view.getUint8(0)
  const topicAt = prefixSize + view.getUint16(1)
  const payloadAt = topicAt + view.getUint32(3)
  if (payloadAt > bytes.length) return undefined
  const payload = bytes.subarray(payloadAt)
  if ((flags & isText) !== 0 && !nodeBytes.isUtf8(payload)) return undefined
  return {
    origin: nodeBytes.decode(bytes.subarray(prefixSize, topicAt)),
    topic: (flags & hasTopic) === 0 ? undefined : nodeBytes.decode(bytes.subarray(topicAt, payloadAt)),
    kind: (flags & isText) === 0 ? "binary" : "text",
    payload,
    compress: (flags & mayCompress) !== 0
  }
}
