import { describe, expect, it } from "vitest"
import * as Report from "../../scripts/autobahn/Report.ts"

const report: Report.Report = {
  "effect-ws": {
    "9.1.1": { behavior: "OK", behaviorClose: "OK" },
    "10.1.1": { behavior: "FAILED", behaviorClose: "UNCLEAN" },
    "6.4.1": { behavior: "NON-STRICT", behaviorClose: "OK" },
    "7.13.1": { behavior: "INFORMATIONAL", behaviorClose: "INFORMATIONAL" }
  }
}

describe("the Autobahn suite's report", () => {
  it("is printed with the cases that are not strictly OK, in their order", () => {
    expect(Report.format(report)).toBe([
      "effect-ws: 2 of 4 strictly OK",
      "  6.4.1: NON-STRICT, close OK",
      "  10.1.1: FAILED, close UNCLEAN"
    ].join("\n"))
  })

  it("is clean only if every case is strictly OK", () => {
    expect(Report.isClean(report)).toBe(false)
    expect(Report.isClean({ "effect-ws": { "1.1.1": { behavior: "OK", behaviorClose: "OK" } } })).toBe(true)
  })
})
