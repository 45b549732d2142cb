import type { Frame } from "../../src/protocol/Frame.ts"
import type { Output, Protocol } from "../../src/protocol/Protocol.ts"
import * as Violation from "../../src/protocol/Violation.ts"
import * as Wire from "./Wire.ts"

/** What a protocol put out, in a form that is easy to compare and to read. */
export type Heard = Readonly<Record<string, unknown>>

/** What starts with this octet does not inflate; all else inflates to itself. */
export const corrupt = 0xff

const inflate = (payload: Uint8Array): Uint8Array | Violation.ProtocolError =>
  payload[0] === corrupt ? Violation.error("DeflateInvalid") : payload

type Take = (protocol: Protocol) => ReadonlyArray<Heard>

/** Takes what is there, and answers each `Inflate` at once. */
export const drain = (protocol: Protocol, take: Take = takeMost): Array<Heard> => {
  const all: Array<Heard> = []
  for (let heard = take(protocol); heard.length > 0; heard = take(protocol)) {
    all.push(...heard)
    if (all.length > 1_000_000) throw new Error("the outputs do not end")
  }
  return all
}

/** Takes as many messages from `each`, or else one output. */
const takeUpTo = (most: number): Take => (protocol) => {
  const messages: Array<Heard> = []
  protocol.each({ receive: (message) => messages.push(heard(message)) < most })
  return messages.length > 0 ? messages : takeNext(protocol)
}

const takeMost = takeUpTo(Infinity)

/** Takes one output. */
export const takeOne = takeUpTo(1)

/** Takes one output without `each`, and inflates if that is what it asks for. */
export const takeNext: Take = (protocol) => {
  const output = protocol.next()
  if (output === undefined) return []
  if (isInflate(output)) protocol.inflated(inflate(output.payload))
  return [heard(output)]
}

/** Gives what is to be pushed, and what was heard before. */
export type Read = (protocol: Protocol, chunk: Uint8Array) => readonly [rest: Uint8Array, heard: ReadonlyArray<Heard>]

/** Pushes the chunks, each time taking what is there. */
export const listen = (
  protocol: Protocol,
  chunks: ReadonlyArray<Uint8Array>,
  read: Read = (_, chunk) => [chunk, []],
  take?: Take
): Array<Heard> =>
  joinPieces(chunks.flatMap((chunk) => {
    const [rest, heard] = read(protocol, chunk)
    protocol.push(rest)
    return [...heard, ...drain(protocol, take)]
  }))

const isInflate = (output: Output): output is Extract<Output, { readonly _tag: "Inflate" }> =>
  typeof output === "object" && "_tag" in output && output._tag === "Inflate"

export const heard = (output: Output): Heard => {
  if (typeof output === "string") return { text: output }
  if (output instanceof Uint8Array) return { binary: Wire.toHex(output) }
  if (output._tag === "Fragment") return fragment(output.frame)
  if (isInflate(output)) return { _tag: "Inflate", payload: Wire.toHex(output.payload) }
  if (output._tag === "Closed") return { _tag: "Closed", ...output.ended, error: output.ended.error?.violation }
  return "payload" in output ? { ...output, payload: Wire.toHex(output.payload) } : output
}

const fragment = ({ payload, ...flags }: Frame): Heard => ({ _tag: "Fragment", ...flags, payload: Wire.toHex(payload) })

/** Pieces of one frame become the frame. */
const joinPieces = (all: ReadonlyArray<Heard>): Array<Heard> => {
  const joined: Array<Heard> = []
  for (const next of all) {
    const last = joined.at(-1)
    if (next["_tag"] === "Fragment" && last?.["_tag"] === "Fragment" && last["whole"] === false) {
      if (last["fin"] === true || next["opcode"] !== 0) throw new Error("a piece that is not the last goes on")
      const payload = `${String(last["payload"])}${String(next["payload"])}`
      joined[joined.length - 1] = { ...last, fin: next["fin"], whole: next["whole"], payload }
    } else joined.push(next)
  }
  return joined
}
