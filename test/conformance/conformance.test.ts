/**
 * The cases of the public Autobahn catalogue, with its strict expectations, against our server and our client. Groups 12
 * and 13 are about permessage-deflate.
 */
import { afterAll, beforeAll, describe, it } from "vitest"
import * as Framing from "./cases/1-framing.ts"
import * as AutoFragmentation from "./cases/10-auto-fragmentation.ts"
import * as Pings from "./cases/2-pings.ts"
import * as ReservedBits from "./cases/3-reserved-bits.ts"
import * as Opcodes from "./cases/4-opcodes.ts"
import * as Fragmentation from "./cases/5-fragmentation.ts"
import * as Utf8 from "./cases/6-utf8.ts"
import * as Close from "./cases/7-close.ts"
import * as Limits from "./cases/9-limits.ts"
import * as Subject from "./Subject.ts"

const groups = [Framing, Pings, ReservedBits, Opcodes, Fragmentation, Utf8, Close, Limits, AutoFragmentation]

for (const { role, start } of Subject.subjects) {
  describe(`our ${role}`, () => {
    let subject: Subject.Subject

    beforeAll(async () => {
      subject = await start()
    })
    afterAll(() => subject.stop())

    for (const { does, id, run } of groups.flatMap(({ cases }) => cases)) {
      it(`${id}: ${does}`, async () => {
        const tester = await subject.open()
        try {
          await run(tester)
        } finally {
          tester.destroy()
        }
      })
    }
  })
}
