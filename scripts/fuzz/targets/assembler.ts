/** Messages out of frames and pieces of them, within limits. */
import { deepStrictEqual, ok } from "node:assert"
import * as Bytes from "../../../src/protocol/Bytes.ts"
import type { Frame } from "../../../src/protocol/Frame.ts"
import * as Limits from "../../../src/protocol/Limits.ts"
import { MessageAssembler } from "../../../src/protocol/MessageAssembler.ts"
import * as Violation from "../../../src/protocol/Violation.ts"
import { nodeBytes } from "../../../src/transport/NodeBytes.ts"
import * as Frames from "../Frames.ts"
import { Random } from "../Random.ts"
import * as Reference from "../Reference.ts"
import type { Target } from "../Target.ts"

type Data = Reference.Frame

/** Pieces as a decoder gives them. */
const cut = (frame: Data, random: Random): ReadonlyArray<Frame> => {
  const { fin, payload, whole } = frame
  const at = random.oneIn(2) && payload.length > 1 ? 1 + random.below(payload.length - 1) : payload.length
  const [opcode, rsv1] = [frame.opcode as Frame["opcode"], frame.rsv1]
  const last = { fin: fin && whole, rsv1, opcode, payload: payload.slice(at), whole }
  if (at === payload.length) return [{ ...last, payload: payload.slice() }]
  return [{ fin: false, rsv1, opcode, payload: payload.slice(0, at), whole: false }, {
    ...last,
    rsv1: false,
    opcode: 0
  }]
}

type Heard = Reference.Message | undefined

interface Settings {
  readonly asOctets: boolean
  readonly random: Random
}

const assemble = (assembler: MessageAssembler, frames: ReadonlyArray<Data>, { asOctets, random }: Settings) => {
  const heard: Array<Heard> = []
  for (const frame of frames) {
    for (const piece of cut(frame, random)) {
      const message = assembler.accept(piece)
      if (random.oneIn(3)) assembler.settle(random.below(100_000))
      if (message instanceof Violation.ProtocolError) return [heard, message.violation] as const
      if (message !== undefined) heard.push(read(message, asOctets && assembler.text))
    }
  }
  return [heard, undefined] as const
}

const read = (
  message: Exclude<ReturnType<MessageAssembler["accept"]>, Violation.ProtocolError | undefined>,
  octets: boolean
) => {
  if (typeof message === "string") return message
  if (message instanceof Uint8Array) return octets ? Buffer.from(message).toString() : new Uint8Array(message)
  return { compressed: new Uint8Array(message.payload), text: message.text }
}

/** A message may be too big before it is wrong, as it comes in pieces. */
const isTooBig = (frames: ReadonlyArray<Data>, limit: number): boolean =>
  frames.reduce((size, { payload }) => size + payload.length, 0) > limit

export const target: Target = {
  name: "assembler",
  seeds: Frames.seeds,
  mutate: Frames.mutate,
  run: ({ choice, content }) => {
    const random = new Random(choice)
    const asOctets = random.oneIn(2)
    const [maxFragments, maxMessageSize] = [random.pick([2, 4, 1000]), random.pick([60, 400, 1_000_000])]
    const limits = Limits.resolve({ maxFragments, maxMessageSize })
    const rules = { masked: Frames.isForServer(content, random), rsv1: true, maxMessageSize: Infinity }
    const [all] = Reference.frames(content, rules)
    const frames = all.filter(({ opcode, payload, whole }) => opcode < 8 && (whole || payload.length > 0))

    const assembler = new MessageAssembler(random.pick([nodeBytes, Bytes.portable]), limits, true, asOctets)
    assembler.keepsFragments = random.oneIn(2)
    const [heard, violation] = assemble(assembler, frames, { asOctets, random })
    const [expected, mistake] = Reference.messages(frames, maxFragments)
    if (violation === "MessageTooBig") {
      ok(isTooBig(frames, maxMessageSize), "a message was refused for its size without reason")
      deepStrictEqual(heard, expected.slice(0, heard.length))
    } else deepStrictEqual([heard, violation], [expected, mistake])
    return [...heard.map((message) => typeof message), violation ?? "end"]
  }
}
