/**
 * How `message` is emitted: Node's `emit` takes as long as all else that a small message needs.
 *
 * @since 0.1.0
 */
import { EventEmitter } from "node:events"

/** Where Node keeps whether a listener's rejection is an error: none that it could be has the value that is asked for. */
const captureKey: unique symbol = Object.getOwnPropertySymbols(new EventEmitter())
  .find(({ description }) => description === "kCapture") as never ?? Symbol("unknown")

/**
 * An emitter, with the table of its listeners as Node has it: a type that has one listener has just that.
 *
 * @category models
 * @since 0.1.0
 */
export interface Emitter extends EventEmitter {
  readonly _events?: { readonly message?: unknown }
  readonly [captureKey]?: boolean
}

/** Node's own, which is known by what it calls: domains, and tools that observe programs, put theirs in its place. */
const { emit } = EventEmitter.prototype
const nodesEmit = Function.prototype.toString.call(emit).includes("addCatch(") ? emit : undefined

/**
 * Emits `message`. A listener that is alone is called as Node would do it.
 *
 * @category emitting
 * @since 0.1.0
 */
export const message = (self: Emitter, data: unknown, isBinary: boolean): void => {
  const listener = self._events?.message
  const isAlone = typeof listener === "function" && self.emit === nodesEmit && self[captureKey] === false
  if (isAlone) listener.call(self, data, isBinary)
  else self.emit("message", data, isBinary)
}
