/** The cases of the public Autobahn catalogue, with its strict expectations, against our server and our client. */
import { afterAll, beforeAll, describe, it } from "vitest"
import * as Catalogue from "./Catalogue.ts"
import * as Subject from "./Subject.ts"

for (const { role, start } of Subject.subjects) {
  describe(`our ${role}`, () => {
    let subject: Subject.Subject

    beforeAll(async () => {
      subject = await start()
    })
    afterAll(() => subject.stop())

    for (const { does, id, negotiation, run } of Catalogue.cases) {
      it(`${id}: ${does}`, async () => {
        const tester = await subject.open(negotiation)
        try {
          await run(tester)
        } finally {
          tester.destroy()
        }
      })
    }
  })
}
