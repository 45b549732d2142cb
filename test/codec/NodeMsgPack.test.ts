import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import * as Codec from "effect-ws/Codec"
import * as EffectRpc from "effect-ws/EffectRpc"
import { WebSocketError } from "effect-ws/WebSocketError"
import { type ModuleHooks, registerHooks } from "node:module"

const missing = Object.assign(new Error("Cannot find module 'msgpackr'"), { code: "MODULE_NOT_FOUND" })

/** What happens when the package is looked for. */
const meeting = (error: Error): ModuleHooks =>
  registerHooks({
    resolve: (specifier, context, next) => {
      if (specifier === "msgpackr") throw error
      return next(specifier, context)
    }
  })

const make = (): unknown => Codec.msgPack(Schema.String, Schema.String)

const thrown = (): unknown => {
  try {
    return make()
  } catch (error) {
    return error
  }
}

const needed = "MessagePack needs the package msgpackr: npm install msgpackr"

describe("MessagePack without its package", () => {
  let hooks: ModuleHooks
  beforeEach(() => void (hooks = meeting(missing)))
  afterEach(() => hooks.deregister())

  it("throws a UsageError where a codec is made", () => {
    const error = thrown()
    assert.instanceOf(error, WebSocketError)
    assert.strictEqual(error.reason._tag, "UsageError")
    assert.strictEqual(error.message, needed)
  })

  it.effect("fails the layer for calls", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Layer.build(EffectRpc.layerMsgPack))
      assert.strictEqual(error.reason._tag, "UsageError")
      assert.strictEqual(error.message, needed)
    }).pipe(Effect.scoped))
})

describe("MessagePack with a package that is broken", () => {
  it("says what is wrong with it", () => {
    const broken = new Error("invalid ELF header")
    const hooks = meeting(broken)
    assert.strictEqual(thrown(), broken)
    hooks.deregister()
  })
})
