/** compat's Receiver: the same events however bytes are cut, which are what the protocol says. */
import { deepStrictEqual, ok } from "node:assert"
import { setImmediate } from "node:timers/promises"
import { PerMessageDeflate } from "../../../src/compat/PerMessageDeflate.ts"
import { Receiver, type ReceiverOptions } from "../../../src/compat/Receiver.ts"
import { Chunks } from "../Chunks.ts"
import * as Frames from "../Frames.ts"
import { Random } from "../Random.ts"
import type { Target } from "../Target.ts"

type Event = readonly [name: string, ...values: ReadonlyArray<string>]

const seen = (value: unknown): string => {
  if (value instanceof Error) return String(Reflect.get(value, "code"))
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : String(value)
}

const events = ["message", "ping", "pong", "conclude", "error"]

interface Played {
  readonly heard: ReadonlyArray<Event>
  readonly values: ReadonlyArray<ReadonlyArray<unknown>>
}

const withDeflate = (options: ReceiverOptions): ReceiverOptions => {
  const deflate = new PerMessageDeflate({ isServer: options.isServer, maxPayload: options.maxPayload })
  deflate.accept([Object.create(null)])
  return { ...options, extensions: { "permessage-deflate": deflate } }
}

const play = async (options: ReceiverOptions, chunks: ReadonlyArray<Uint8Array>): Promise<Played> => {
  const receiver = new Receiver(options)
  const heard: Array<Event> = []
  const values: Array<ReadonlyArray<unknown>> = []
  let isDone = false
  for (const name of events) {
    receiver.on(name, (...given) => {
      isDone ||= name === "error"
      values.push(given)
      heard.push([name, ...given.map(seen)])
    })
  }
  for (const chunk of chunks) {
    if (isDone || receiver.destroyed || receiver.writableEnded) break
    await new Promise<void>((resolve) =>
      void receiver.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length), () => resolve())
    )
  }
  await setImmediate()
  return { heard, values }
}

export const target: Target = {
  name: "receiver",
  seeds: Frames.seeds,
  mutate: Frames.mutate,
  run: async ({ choice, content }) => {
    const random = new Random(choice)
    const plain: ReceiverOptions = {
      isServer: Frames.isForServer(content, random),
      maxPayload: random.pick([0, 0, 125, 3000]),
      maxFragments: random.pick([0, 0, 3]),
      skipUTF8Validation: random.oneIn(8)
    }
    const make = random.oneIn(3) ? () => withDeflate(plain) : () => plain
    const chunks = new Chunks()
    const whole = await play(make(), [chunks.lend(content)])
    const cut = await play(make(), chunks.cut(content, random))
    deepStrictEqual(cut.heard, whole.heard)
    deepStrictEqual(
      cut.values.map((given) => given.map(seen)),
      cut.heard.map(([, ...given]) => given),
      "data has changed"
    )
    chunks.check()
    const names = whole.heard.map(([name]) => name)
    const end = names.findIndex((name) => name === "error" || name === "conclude")
    ok(end < 0 || end === names.length - 1, "something came behind the end")
    return whole.heard.map(([name, first]) => name === "error" || name === "conclude" ? `${name} ${first}` : name)
  }
}
