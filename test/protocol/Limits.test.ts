import { expect, it } from "vitest"
import * as Limits from "../../src/protocol/Limits.ts"

it("limits that are not given are the defaults", () => {
  expect(Limits.resolve()).toEqual(Limits.defaults)
  expect(Limits.resolve({ maxChunks: 0, maxFragments: undefined })).toEqual({ ...Limits.defaults, maxChunks: 0 })
})

it("each limit can be given", () => {
  const given = { maxMessageSize: 1, maxFragments: 2, maxChunks: 3, maxPendingPings: 4 }
  expect(Limits.resolve(given)).toEqual(given)
})
