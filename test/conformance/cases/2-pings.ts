import * as Case from "../Case.ts"
import * as Frames from "../Frames.ts"

const { ping, pong } = Frames

const payloads = [
  { id: "2.1", does: "no payload", payload: "" },
  { id: "2.2", does: "a small text", payload: "Hello, world!" },
  { id: "2.3", does: "octets that are not UTF-8", payload: Buffer.from("00fffefdfcfb00ff", "hex") },
  { id: "2.4", does: "125 octets", payload: Buffer.alloc(125, 0xfe) }
]

const answered = payloads.map(({ does, id, payload }) =>
  Case.make(id, `answers a ping with ${does} by a pong with the same`, async (tester) => {
    tester.send(ping(payload))
    await tester.expect(pong(payload))
    await tester.expectCleanClose()
  })
)

const ten = Array.from({ length: 10 }, (_, i) => `payload-${i}`)

export const cases: ReadonlyArray<Case.Case> = [
  ...answered,
  Case.make("2.5", "fails at a ping of 126 octets", async (tester) => {
    tester.send(ping(Buffer.alloc(126, 0xfe)))
    await tester.expectFailure(1002)
  }),
  Case.make("2.6", "answers a ping of 125 octets that comes octet by octet", async (tester) => {
    const payload = Buffer.alloc(125, 0xfe)
    await tester.sendInChops(1, ping(payload))
    await tester.expect(pong(payload))
    await tester.expectCleanClose()
  }),
  Case.make("2.7", "ignores an unsolicited pong without payload", async (tester) => {
    tester.send(pong())
    await tester.expectCleanClose()
  }),
  Case.make("2.8", "ignores an unsolicited pong with payload", async (tester) => {
    tester.send(pong("unsolicited"))
    await tester.expectCleanClose()
  }),
  Case.make("2.9", "answers the ping after an unsolicited pong", async (tester) => {
    tester.send(pong("unsolicited"), ping("ping"))
    await tester.expect(pong("ping"))
    await tester.expectCleanClose()
  }),
  Case.make("2.10", "answers ten pings in order", async (tester) => {
    tester.send(...ten.map((payload) => ping(payload)))
    for (const payload of ten) await tester.expect(pong(payload))
    await tester.expectCleanClose()
  }),
  Case.make("2.11", "answers ten pings that come octet by octet", async (tester) => {
    await tester.sendInChops(1, ...ten.map((payload) => ping(payload)))
    for (const payload of ten) await tester.expect(pong(payload))
    await tester.expectCleanClose()
  })
]
