import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Scope } from "effect/Scope"
import * as WebSocketServer from "../../../src/WebSocketServer.ts"
import * as Deflate from "../../conformance/Deflate.ts"
import * as Chromium from "../Chromium.ts"
import * as CountingServer from "./CountingServer.ts"
import { compressed, echo, parts, payloads } from "./Payloads.ts"
import * as Program from "./Program.ts"
import * as Wishes from "./Wishes.ts"

type Run = (task: Program.Task) => Promise<Program.Outcome>

const inChromium: Effect.Effect<Run, never, Scope> = Effect.map(
  Chromium.page,
  (page) => (task) => page.evaluate(Program.run, task)
)

const inNode: Effect.Effect<Run> = Effect.succeed(Program.run)

/** Node's client takes what is compressed, and sends nothing compressed. */
const compresses = (client: Effect.Effect<Run, never, Scope>): boolean => client !== inNode

const task = { greeting: parts.join(""), messages: payloads.map(Program.itemOf) }

const serve = (wishes: Wishes.Wishes) =>
  CountingServer.start(WebSocketServer.handle("/", { compression: wishes }, (connection) => {
    const pings = Effect.repeat(connection.ping(), { times: 20 })
    return Effect.andThen(Effect.forkChild(pings), echo(connection))
  }))

const tests = (client: Effect.Effect<Run, never, Scope>): void => {
  it.live("compresses by whatever our server wants", () =>
    Effect.gen(function*() {
      const run = yield* client
      for (const wishes of Wishes.pairwise) {
        const { sockets, url } = yield* serve(wishes)
        const { code, extensions, same } = yield* Effect.promise(() => run({ ...task, url }))
        assert.deepStrictEqual({ code, same }, { code: 1000, same: payloads.length }, Wishes.format(wishes))
        assert.deepStrictEqual(Deflate.agreementOf(extensions), Wishes.agreement(wishes))
        const [{ bytesRead, bytesWritten }] = sockets
        assert.isBelow(bytesWritten, compressed)
        assert.strictEqual(bytesRead < compressed, compresses(client))
      }
    }))
}

describe("Node's WebSocket", () => tests(inNode))
describe.skipIf(!Chromium.isInstalled)("Chromium", () => tests(inChromium))
