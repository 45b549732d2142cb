import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as Address from "../../src/client/Address.ts"

const address = (url: string): Address.Address => Result.getOrThrow(Address.parse(url))

describe("keepsCredentials", () => {
  const ways: ReadonlyArray<readonly [from: string, to: string, keeps: boolean]> = [
    ["ws://a.org/", "ws://a.org/other", true],
    ["ws://a.org/", "http://a.org:80/", true],
    ["ws://a.org/", "wss://a.org/", true],
    ["wss://a.org/", "https://a.org/", true],
    ["wss://a.org/", "ws://a.org/", false],
    ["wss://a.org/", "http://a.org/", false],
    ["ws://a.org/", "ws://a.org:81/", false],
    ["ws://a.org/", "ws://b.org/", false],
    ["ws://a.org/", "ws://a.org.evil/", false],
    ["ws://a.org/", "ws://sub.a.org/", false],
    ["ws+unix:/a:/", "ws+unix:/b:/", false]
  ]

  for (const [from, to, keeps] of ways) {
    it(`${keeps ? "yes" : "no"}: from ${from} to ${to}`, () => {
      assert.strictEqual(Address.keepsCredentials(address(from), address(to)), keeps)
    })
  }
})
