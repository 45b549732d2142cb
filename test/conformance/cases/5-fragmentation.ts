import * as Case from "../Case.ts"
import * as Frames from "../Frames.ts"
import type { Tester } from "../Tester.ts"

const { continuation, ping, pong, text } = Frames

type Send = (tester: Tester, ...frames: ReadonlyArray<Frames.Frame>) => void | Promise<void>

/** The three ways in which the catalogue sends the same frames. */
const ways: ReadonlyArray<{ readonly how: string; readonly send: Send }> = [
  { how: "in one write", send: (tester, ...frames) => tester.send(...frames) },
  { how: "frame by frame", send: (tester, ...frames) => tester.sendFrameWise(...frames) },
  { how: "octet by octet", send: (tester, ...frames) => tester.sendInChops(1, ...frames) }
]

const open = { fin: false }

const message = Buffer.from("fragment1fragment2")

const twoFragments = ways.map(({ how, send }, i) =>
  Case.make(`5.${3 + i}`, `echoes a text in two fragments, ${how}`, async (tester) => {
    await send(tester, text("fragment1", open), continuation("fragment2"))
    await tester.expectMessage(1, message)
    await tester.expectCleanClose()
  })
)

const pingBetween = ways.map(({ how, send }, i) =>
  Case.make(`5.${6 + i}`, `answers a ping between two fragments first, ${how}`, async (tester) => {
    await send(tester, text("fragment1", open), ping("ping"), continuation("fragment2"))
    await tester.expect(pong("ping"))
    await tester.expectMessage(1, message)
    await tester.expectCleanClose()
  })
)

const strays = [true, false].flatMap((fin, group) =>
  ways.map(({ how, send }, i) =>
    Case.make(
      `5.${9 + group * 3 + i}`,
      `fails at a continuation of nothing (FIN ${fin ? 1 : 0}), ${how}`,
      async (tester) => {
        await send(tester, continuation("nothing to continue", { fin }), text("Hello, world!"))
        await tester.expectFailure(1002)
      }
    )
  )
)

const strayTwice = [false, true].map((fin, i) =>
  Case.make(
    `5.${16 + i}`,
    `fails at a stray continuation (FIN ${fin ? 1 : 0}) before a fragmented text`,
    async (tester) => {
      const once = [continuation("fragment1", { fin }), text("fragment2", open), continuation("fragment3")]
      tester.send(...once, ...once)
      await tester.expectFailure(1002)
    }
  )
)

/** Each pong has to come while the message is not complete: the next fragment waits for it. */
const pongsAtOnce = (id: string, does: string, send: Send) =>
  Case.make(id, does, async (tester) => {
    await send(tester, text("fragment1", open), continuation("fragment2", open), ping("ping1"))
    await tester.expect(pong("ping1"))
    await send(tester, continuation("fragment3", open), continuation("fragment4", open), ping("ping2"))
    await tester.expect(pong("ping2"))
    await send(tester, continuation("fragment5"))
    await tester.expectMessage(1, Buffer.from("fragment1fragment2fragment3fragment4fragment5"))
    await tester.expectCleanClose()
  })

export const cases: ReadonlyArray<Case.Case> = [
  Case.make("5.1", "fails at a ping in two fragments", async (tester) => {
    tester.send(ping("fragment1", open), continuation("fragment2"))
    await tester.expectFailure(1002)
  }),
  Case.make("5.2", "fails at a pong in two fragments", async (tester) => {
    tester.send(pong("fragment1", open), continuation("fragment2"))
    await tester.expectFailure(1002)
  }),
  ...twoFragments,
  ...pingBetween,
  ...strays,
  Case.make("5.15", "echoes a fragmented text, then fails at a continuation of nothing", async (tester) => {
    tester.send(text("fragment1", open), continuation("fragment2"), continuation("fragment3", open), text("fragment4"))
    await tester.expectMessage(1, message)
    await tester.expectFailure(1002)
  }),
  ...strayTwice,
  Case.make("5.18", "fails at a second fragment that has the text opcode again", async (tester) => {
    tester.send(text("fragment1", open), text("fragment2"))
    await tester.expectFailure(1002)
  }),
  pongsAtOnce("5.19", "answers pings between five fragments at once, frame by frame", ways[1].send),
  pongsAtOnce("5.20", "answers pings between five fragments at once, in single writes", ways[0].send)
]
