import { Effect, Stream } from "effect"
import * as FrameStream from "effect-ws/FrameStream"
import { type Frame, type Message, Opcode, type Violation } from "effect-ws/protocol"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

const frame = (opcode: Opcode.Opcode, payload: string | Uint8Array, fin = true): Frame.Frame => ({
  fin,
  rsv1: false,
  opcode,
  payload: typeof payload === "string" ? new TextEncoder().encode(payload) : payload,
  whole: true
})

/** The bytes of the chunks, cut anew at these places. */
const recut = (chunks: ReadonlyArray<Uint8Array>, cuts: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const bytes = Buffer.concat(chunks)
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
  return places.slice(1).map((end, i) => new Uint8Array(bytes.subarray(places[i], end)))
}

const messagesOf = (chunks: ReadonlyArray<Uint8Array>, masked: boolean) =>
  Stream.fromIterable(chunks).pipe(
    Stream.pipeThroughChannel(FrameStream.decode({ masked })),
    Stream.pipeThroughChannel(FrameStream.assemble())
  )

const framesOf = (message: Message.Message): ReadonlyArray<Frame.Frame> => {
  const whole = frame(typeof message === "string" ? Opcode.Text : Opcode.Binary, message)
  const half = whole.payload.length >> 1
  return [
    { ...whole, fin: false, payload: whole.payload.subarray(0, half) },
    frame(Opcode.Ping, "between"),
    frame(Opcode.Continuation, whole.payload.subarray(half))
  ]
}

const messages = fc.array(fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.uint8Array({ maxLength: 300 })))

describe("FrameStream", () => {
  it("gives back the messages whose frames were encoded, however the bytes are cut (RFC 6455 §5.4)", async () => {
    await fc.assert(
      fc.asyncProperty(messages, fc.array(fc.nat()), fc.boolean(), async (sent, cuts, masked) => {
        const encoded = await Effect.runPromise(
          Stream.fromIterable(sent.flatMap(framesOf)).pipe(
            Stream.pipeThroughChannel(FrameStream.encode({ masked })),
            Stream.runCollect
          )
        )
        const received = await Effect.runPromise(Stream.runCollect(messagesOf(recut(encoded, cuts), masked)))
        const plain = received.map((message) => typeof message === "string" ? message : new Uint8Array(message))
        expect(plain).toEqual(sent)
      })
    )
  })

  it("fails with the broken rule after the messages before it (RFC 6455 §5.1)", async () => {
    const chunk = Buffer.concat([Buffer.from("810548656c6c6f", "hex"), Buffer.from("8185", "hex")])
    const taken: Array<Message.Message> = []
    const error = await Effect.runPromise(
      Effect.flip(Stream.runForEach(messagesOf([chunk], false), (message) => Effect.sync(() => taken.push(message))))
    )
    expect(taken).toEqual(["Hello"])
    expect((error as Violation.ProtocolError).violation).toBe("MaskForbidden")
  })

  it("fails with frames that make no message, after the messages before them (RFC 6455 §5.4)", async () => {
    const frames = [frame(Opcode.Text, "Hello"), frame(Opcode.Continuation, "of nothing"), frame(Opcode.Text, "late")]
    const taken: Array<Message.Message> = []
    const assembled = Stream.pipeThroughChannel(Stream.fromIterable(frames), FrameStream.assemble())
    const error = await Effect.runPromise(
      Effect.flip(Stream.runForEach(assembled, (message) => Effect.sync(() => taken.push(message))))
    )
    expect(taken).toEqual(["Hello"])
    expect(error.violation).toBe("ContinuationUnexpected")
  })
})
