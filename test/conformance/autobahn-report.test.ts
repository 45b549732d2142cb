import { describe, expect, it } from "vitest"
import * as Report from "../../scripts/autobahn/Report.ts"

/** As the suite writes it, but for most of the cases. */
const index = `{
  "effect-ws": {
    "9.1.1": { "behavior": "OK", "behaviorClose": "OK", "duration": 3, "remoteCloseCode": 1000 },
    "10.1.1": { "behavior": "FAILED", "behaviorClose": "UNCLEAN", "duration": 1, "remoteCloseCode": null },
    "6.4.1": { "behavior": "NON-STRICT", "behaviorClose": "OK", "duration": 2003, "remoteCloseCode": 1007 },
    "7.13.1": { "behavior": "INFORMATIONAL", "behaviorClose": "INFORMATIONAL", "duration": 1, "remoteCloseCode": 1002 }
  }
}`

const good: Report.Report = { "effect-ws": { "1.1.1": { behavior: "OK", behaviorClose: "OK" } } }

describe("the Autobahn suite's report", () => {
  it("is printed case by case, in their order, and counted", () => {
    expect(Report.format(JSON.parse(index))).toBe([
      "! 6.4.1    NON-STRICT    close OK",
      "  7.13.1   INFORMATIONAL close INFORMATIONAL",
      "  9.1.1    OK            close OK",
      "! 10.1.1   FAILED        close UNCLEAN",
      "effect-ws: 1 OK, 1 NON-STRICT, 1 FAILED, 1 INFORMATIONAL"
    ].join("\n"))
  })

  it("is clean only if every case is strictly OK", () => {
    expect(Report.isClean(JSON.parse(index))).toBe(false)
    expect(Report.isClean(good)).toBe(true)
  })

  it("is not clean if a case is OK but its close is not", () => {
    expect(Report.isClean({ "effect-ws": { "1.1.1": { behavior: "OK", behaviorClose: "UNCLEAN" } } })).toBe(false)
  })

  it("is not clean without a case: the suite did not run", () => {
    expect(Report.isClean({})).toBe(false)
  })
})
