import { assert } from "@effect/vitest"
import { Effect } from "effect"
import * as WebSocketClient from "../../src/WebSocketClient.ts"
import type { Reason } from "../../src/WebSocketError.ts"

/** Why connecting failed, as it has to. */
export const reasonFor = (url: string | URL, options: WebSocketClient.Options = {}): Effect.Effect<Reason> =>
  Effect.match(Effect.scoped(WebSocketClient.connect(url, options)), {
    onFailure: ({ reason }) => reason,
    onSuccess: () => assert.fail("it connected")
  })
