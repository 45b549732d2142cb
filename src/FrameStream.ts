/**
 * The codec as stream transducers: bytes to frames, frames to messages, frames to bytes. Each is a lift of the core's
 * synchronous functions, for `Stream.pipeThroughChannel`.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as Channel from "effect/Channel"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import type { Frame } from "./protocol/Frame.ts"
import * as FrameDecoder from "./protocol/FrameDecoder.ts"
import * as FrameHeader from "./protocol/FrameHeader.ts"
import * as Limits from "./protocol/Limits.ts"
import { isMessage, type Message } from "./protocol/Message.ts"
import * as MessageAssembler from "./protocol/MessageAssembler.ts"
import * as Opcode from "./protocol/Opcode.ts"
import { ProtocolError } from "./protocol/Violation.ts"
import * as MaskKey from "./transport/MaskKey.ts"
import { nodeBytes } from "./transport/NodeBytes.ts"

/**
 * A transducer: what it takes, what it gives, and the error that it adds.
 *
 * @category models
 * @since 0.1.0
 */
export type Transducer<In, Out, E, IE, Done> = Channel.Channel<
  Arr.NonEmptyReadonlyArray<Out>,
  E | IE,
  Done,
  Arr.NonEmptyReadonlyArray<In>,
  IE,
  Done
>

/**
 * Decodes frames from bytes that a client (`masked`) or a server sent (RFC 6455 §5.2). Fails with the rule that is broken,
 * after the frames before it.
 *
 * **Details**
 *
 * Masked bytes are unmasked where they lie: they belong to the transducer. A data frame that is spread over chunks comes
 * in pieces: see `Frame`.
 *
 * **Example** (Reading what a server sent)
 *
 * ```ts
 * import { Effect, Stream } from "effect"
 * import * as FrameStream from "effect-ws/FrameStream"
 *
 * const program = Stream.make(Buffer.from("010348656c", "hex"), Buffer.from("80026c6f", "hex")).pipe(
 *   Stream.pipeThroughChannel(FrameStream.decode({ masked: false })),
 *   Stream.pipeThroughChannel(FrameStream.assemble()),
 *   Stream.runCollect
 * )
 *
 * await Effect.runPromise(program) // => ["Hello"]
 * ```
 *
 * @category transducers
 * @since 0.1.0
 */
export const decode = <IE = never, Done = unknown>(options: {
  readonly masked: boolean
  readonly maxMessageSize?: number | undefined
}): Transducer<Uint8Array, Frame, ProtocolError, IE, Done> =>
  lift(() => {
    const rules = { masked: options.masked, rsv1: false }
    const decoder = new FrameDecoder.FrameDecoder(rules, nodeBytes, Limits.resolve(options).maxMessageSize)
    return (chunk, frames) => {
      decoder.push(chunk)
      for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) {
        if (frame instanceof ProtocolError) return frame
        frames.push(frame)
      }
      return undefined
    }
  })

/**
 * Assembles messages from frames (RFC 6455 §5.4) and leaves control frames out.
 *
 * @category transducers
 * @since 0.1.0
 */
export const assemble = <IE = never, Done = unknown>(
  limits?: Limits.Given
): Transducer<Frame, Message, ProtocolError, IE, Done> =>
  lift(() => {
    const assembler = new MessageAssembler.MessageAssembler(nodeBytes, Limits.resolve(limits))
    return (frame, messages) => {
      if (Opcode.isControl(frame.opcode)) return undefined
      const message = assembler.accept(frame)
      if (message === undefined) assembler.settle(0)
      if (message instanceof ProtocolError) return message
      if (message !== undefined && isMessage(message)) messages.push(message)
      return undefined
    }
  })

/**
 * Encodes frames, each as one chunk, masked as a client has to (RFC 6455 §5.3) or not.
 *
 * @category transducers
 * @since 0.1.0
 */
export const encode = <IE = never, Done = unknown>(options: {
  readonly masked: boolean
}): Transducer<Frame, Uint8Array, never, IE, Done> =>
  lift<Frame, Uint8Array, never, IE, Done>(() => (frame, chunks) => {
    chunks.push(encodeFrame(frame, options.masked ? MaskKey.next() : undefined))
    return undefined
  })

const encodeFrame = ({ fin, opcode, payload, rsv1 }: Frame, key: number | undefined): Uint8Array => {
  const { length } = payload
  const bytes = nodeBytes.allocate(FrameHeader.sizeFor(length, key !== undefined) + length)
  const start = FrameHeader.write({ fin, rsv1, opcode, length, key }, bytes, 0)
  bytes.set(payload, start)
  if (key !== undefined) nodeBytes.mask(bytes, start, bytes.length, key, 0)
  return bytes
}

/** A step adds to the output, and may find an error, which comes after that output. */
const lift = <In, Out, E, IE, Done>(
  makeStep: () => (input: In, output: Array<Out>) => E | undefined
): Transducer<In, Out, E, IE, Done> =>
  Channel.fromTransform((upstream: Pull.Pull<Arr.NonEmptyReadonlyArray<In>, IE, Done>) =>
    Effect.sync(() => {
      const step = makeStep()
      let output: Array<Out> = []
      let error: E | undefined = undefined
      const pump = Effect.map(upstream, (batch) => {
        for (const input of batch) if ((error = step(input, output)) !== undefined) return
      })
      const pull: Pull.Pull<Arr.NonEmptyReadonlyArray<Out>, E | IE, Done> = Effect.suspend(() => {
        const batch = output
        output = []
        if (Arr.isArrayNonEmpty(batch)) return Effect.succeed(batch)
        return error === undefined ? Effect.andThen(pump, pull) : Effect.fail(error)
      })
      return pull
    })
  ) as Transducer<In, Out, E, IE, Done>
