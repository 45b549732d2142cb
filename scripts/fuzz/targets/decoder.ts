/** Frames out of bytes: as the RFC says, however cut, and the same again when they are encoded. */
import { deepStrictEqual, strictEqual } from "node:assert"
import { Arena } from "../../../src/protocol/Arena.ts"
import * as Bytes from "../../../src/protocol/Bytes.ts"
import type { Frame } from "../../../src/protocol/Frame.ts"
import { FrameDecoder } from "../../../src/protocol/FrameDecoder.ts"
import { FrameEncoder } from "../../../src/protocol/FrameEncoder.ts"
import * as Violation from "../../../src/protocol/Violation.ts"
import { nodeBytes } from "../../../src/transport/NodeBytes.ts"
import { Chunks } from "../Chunks.ts"
import * as Frames from "../Frames.ts"
import { Random } from "../Random.ts"
import * as Reference from "../Reference.ts"
import type { Target } from "../Target.ts"

interface Decoded {
  readonly frames: ReadonlyArray<Frame>
  readonly violation: string | undefined
}

/** Takes what the chunks give, one after the other. No piece may be empty unless the frame is. */
const decode = (decoder: FrameDecoder, chunks: ReadonlyArray<Uint8Array>): Decoded => {
  const frames: Array<Frame> = []
  let violation: string | undefined = undefined
  for (const chunk of chunks) {
    decoder.push(chunk)
    for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) {
      strictEqual(violation, undefined, "something came behind a violation")
      if (frame instanceof Violation.ProtocolError) violation = frame.violation
      else frames.push(frame)
    }
  }
  return { frames, violation }
}

/** Pieces brought together again. */
const joined = (frames: ReadonlyArray<Frame>): ReadonlyArray<Frame> => {
  const all: Array<Frame> = []
  for (const frame of frames) {
    const last = all.at(-1)
    if (last === undefined || last.whole) all.push({ ...frame, payload: new Uint8Array(frame.payload) })
    else {
      deepStrictEqual([frame.opcode, frame.rsv1, last.fin], [0, false, false], "a piece is not a continuation")
      const payload = new Uint8Array(Buffer.concat([last.payload, frame.payload]))
      all[all.length - 1] = { ...last, fin: frame.fin, whole: frame.whole, payload }
    }
  }
  return all
}

/** Of a frame that has only begun there is nothing to see before its first octet, and of a control frame before its last. */
const expected = (frames: ReadonlyArray<Reference.Frame>): ReadonlyArray<Frame> =>
  frames.filter(({ opcode, payload, whole }) => whole || (opcode < 8 && payload.length > 0)).map((frame) => ({
    fin: frame.fin && frame.whole,
    rsv1: frame.rsv1,
    opcode: frame.opcode as Frame["opcode"],
    payload: frame.payload,
    whole: frame.whole
  }))

const keyOf = (mask: ReadonlyArray<number> | undefined): number | "None" =>
  mask === undefined ? "None" : (mask[0] | (mask[1] << 8) | (mask[2] << 16) | (mask[3] << 24)) >>> 0

const encode = (bytes: Bytes.Bytes, frames: ReadonlyArray<Reference.Frame>): Uint8Array => {
  const encoder = new FrameEncoder(new Arena(bytes.allocate, 4096), bytes)
  for (const { fin, mask, opcode, payload, rsv1 } of frames) {
    encoder.frame(fin, rsv1, opcode as Frame["opcode"], payload, keyOf(mask))
  }
  return new Uint8Array(Buffer.concat(encoder.take()))
}

export const target: Target = {
  name: "decoder",
  seeds: Frames.seeds,
  mutate: Frames.mutate,
  run: ({ choice, content }) => {
    const random = new Random(choice)
    const bytes = random.pick([nodeBytes, Bytes.portable])
    const maxMessageSize = random.pick([Infinity, Infinity, 3000, 125, 0])
    const rules = { masked: Frames.isForServer(content, random), rsv1: random.oneIn(2), maxMessageSize }
    const [frames, violation] = Reference.frames(content, rules)
    const chunks = new Chunks()
    const make = () => new FrameDecoder(rules, bytes, maxMessageSize)

    const decoder = make()
    const cut = decode(decoder, chunks.cut(content, random))
    const found = joined(cut.frames)
    deepStrictEqual({ frames: found, violation: cut.violation }, { frames: expected(frames), violation })
    const begun = frames.at(-1)
    if (violation === undefined && begun !== undefined && begun.opcode < 8) {
      strictEqual(decoder.missing, begun.length - begun.payload.length, "what is missing")
    }
    chunks.check()

    const wholes = frames.filter(({ whole }) => whole)
    const again = decode(make(), [encode(bytes, wholes)])
    deepStrictEqual({ frames: joined(again.frames), violation: again.violation }, {
      frames: expected(wholes),
      violation: undefined
    })
    deepStrictEqual(joined(cut.frames), found, "a payload has changed")
    return [...found.map(({ fin, opcode }) => `${opcode} ${fin}`), violation ?? "end"]
  }
}
