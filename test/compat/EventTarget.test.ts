import * as fc from "fast-check"
import { inspect } from "node:util"
import { describe, expect, it } from "vitest"
import { WebSocket } from "ws"
import { type Handler, WebSocketEvents } from "../../src/compat/EventTarget.ts"

class Subject extends WebSocketEvents {
  _closeFrameReceived = false
  _closeFrameSent = false
}

const makeOurs = (): WebSocketEvents => new Subject()
const makeTheirs = (): WebSocketEvents => new WebSocket(null as never, undefined, {}) as unknown as WebSocketEvents

const idle = (): void => {}

type Logs = (log: (...values: ReadonlyArray<unknown>) => void, target: WebSocketEvents) => void

/** What a program sees, with ours and with ws. */
const both = (program: Logs): [ours: unknown, theirs: unknown] => {
  const run = (target: WebSocketEvents) => {
    const seen: Array<unknown> = []
    program((...values) => seen.push(values), target)
    return seen
  }
  return [run(makeOurs()), run(makeTheirs())]
}

const alike = (program: Logs): unknown => {
  const [ours, theirs] = both(program)
  expect(ours).toEqual(theirs)
  return ours
}

type Type = "open" | "message" | "close" | "error"

const emissions: ReadonlyArray<readonly [type: Type, ...values: Array<unknown>]> = [
  ["open"],
  ["message", Buffer.from("é"), false],
  ["message", Buffer.from("é"), true],
  ["message", [Buffer.from("a"), Buffer.from("b")], true],
  ["message", new ArrayBuffer(2), true],
  ["close", 1000, Buffer.from("bye")],
  ["close", 1006, Buffer.alloc(0)],
  ["error", new RangeError("why")],
  ["message", undefined, true], // as somebody may emit it by hand
  ["close", undefined, Buffer.from("bye")],
  ["error", { message: undefined }]
]

const types: ReadonlyArray<Type> = ["open", "message", "close", "error"]

/** Everything that can be read from an event, and how it looks. */
const shape = (event: object, target: object): unknown => {
  const fields: Record<string, unknown> = {}
  for (const name in event) fields[name] = Reflect.get(event, name)
  const prototypes: Array<unknown> = []
  for (let it = Object.getPrototypeOf(event); it !== Object.prototype; it = Object.getPrototypeOf(it)) {
    prototypes.push([it.constructor.name, Object.keys(it)])
  }
  return {
    ...fields,
    target: fields["target"] === target,
    keys: Object.keys(event),
    json: JSON.stringify(event),
    prototypes
  }
}

describe("an event", () => {
  it.each(emissions)("is what ws makes of %s %o %o", (...emission) => {
    alike((log, target) => {
      for (const name of types) target.addEventListener(name, (event) => log(shape(event, target)))
      target.emit(...emission as [Type])
    })
  })

  it.each([[true, true], [true, false], [false, true]])(
    "of a close is clean if both Closes went: %s, %s",
    (came, went) => {
      const events = alike((log, target) => {
        Object.assign(target, { _closeFrameReceived: came, _closeFrameSent: went })
        target.addEventListener("close", ({ wasClean }) => log(wasClean))
        target.emit("close", 1000, Buffer.alloc(0))
      })
      expect(events).toEqual([[came && went]])
    }
  )

  it("has properties that cannot be set", () => {
    alike((log, target) => {
      target.addEventListener("close", (event) => {
        for (const name of ["type", "target", "code", "reason", "wasClean"]) log(name, Reflect.set(event, name, "x"))
      })
      target.emit("close", 1000, Buffer.alloc(0))
    })
  })

  it("is an instance of its class and of Event, which can be made without a WebSocket", () => {
    alike((log, target) => {
      for (const name of types) {
        target.addEventListener(name, (event) => {
          const Class = event.constructor as new(type: string) => object
          const Event = Object.getPrototypeOf(Class) as typeof Class
          log(event instanceof Class, name === "open" || event instanceof Event)
          log({ ...shape(new Class("made"), target) as object })
        })
      }
      for (const [type, ...values] of emissions) target.emit(type, ...values)
    })
  })

  it("shows what it carries", () => {
    const target = makeOurs()
    let shown = ""
    target.addEventListener("error", (event) => shown = inspect(event))
    target.emit("error", new Error("why"))
    expect(shown).toMatch(/^ErrorEvent \{[^]*error: Error: why/)
    expect(shown).toContain("message: 'why'")
  })
})

describe("a listener", () => {
  it("is called with the target or, as an object, with itself as this", () => {
    alike((log, target) => {
      target.addEventListener("open", function(this: unknown, ...values: ReadonlyArray<unknown>) {
        log("function", this === target, values.length)
      })
      const object = {
        handleEvent(...values: ReadonlyArray<unknown>) {
          log("object", this === object, values.length)
        }
      }
      target.addEventListener("open", object)
      target.addEventListener("open", object)
      Reflect.set(target, "onopen", function(this: unknown) {
        log("attribute", this === target)
      })
      target.emit("open")
      target.removeEventListener("open", object)
      target.emit("open")
    })
  })

  it("is looked up in its object when the event comes", () => {
    alike((log, target) => {
      const object = { handleEvent: () => log("before") }
      target.addEventListener("open", object)
      object.handleEvent = () => log("after")
      target.emit("open")
    })
  })

  it("of a type that is unknown is ignored", () => {
    alike((log, target) => {
      for (const type of ["ping", "pong", "upgrade", "unexpected-response", "", "constructor", "newListener"]) {
        log(target.addEventListener(type as "open", idle), target.listenerCount(type))
        log(target.removeEventListener(type as "open", idle))
      }
    })
  })

  it("that is not one fails when the event comes", () => {
    alike((log, target) => {
      for (const listener of [null, undefined, 5, {}]) {
        target.addEventListener("open", listener as never)
        log(target.listenerCount("open"))
        expect(() => target.emit("open")).toThrow(TypeError)
        target.removeEventListener("open", listener as never)
        log(target.listenerCount("open"))
      }
    })
  })

  it("has an event of its own", () => {
    alike((log, target) => {
      const events = new Set<unknown>()
      for (let i = 0; i < 3; i++) target.addEventListener("open", (event) => events.add(event))
      target.emit("open")
      log(events.size)
    })
  })

  it("that throws does so to the emitter", () => {
    alike((log, target) => {
      target.addEventListener("open", () => {
        throw new Error("thrown")
      })
      expect(() => target.emit("open")).toThrow("thrown")
      log(target.listenerCount("open"))
    })
  })
})

describe("an attribute", () => {
  it("takes functions only", () => {
    alike((log, target) => {
      log(target.onopen, target.onmessage, target.onclose, target.onerror)
      for (const value of [() => {}, 5, () => {}, "x", { handleEvent: () => log("called") }, null, undefined]) {
        Reflect.set(target, "onopen", value)
        log(target.onopen === value, target.onopen === null, target.listenerCount("open"))
        target.emit("open")
      }
    })
  })

  it("is one more listener where the same function is one already", () => {
    const seen = alike((log, target) => {
      const handler = () => log("called")
      target.addEventListener("open", handler)
      Reflect.set(target, "onopen", handler)
      target.addEventListener("open", handler)
      target.emit("open")
      log(target.listenerCount("open"))
    })
    expect(seen).toEqual([["called"], ["called"], [2]])
  })

  it("is added by the method for it, which a subclass may have of its own", () => {
    const seen = alike((log, target) => {
      const { addEventListener } = target
      const own = (type: Type, listener: (event: unknown) => void, options?: object) => {
        const wrapped = (event: unknown) => {
          log("wrapped", type)
          listener(event)
        }
        addEventListener.call(target, type, wrapped, options)
        log(target.onopen === wrapped, target.listenerCount(type))
      }
      Object.assign(target, { addEventListener: own })
      Reflect.set(target, "onopen", () => log("called"))
      target.emit("open")
    })
    expect(seen).toContainEqual(["called"])
  })

  it("is enumerable, as the methods are", () => {
    alike((log, target) => {
      const inherited = new Set<string>()
      for (const name in target) inherited.add(name)
      for (const name of ["onopen", "onmessage", "onclose", "onerror", "addEventListener", "removeEventListener"]) {
        log(name, inherited.has(name))
      }
    })
  })
})

interface Command {
  readonly name: string
  readonly run: (target: WebSocketEvents, handlers: ReadonlyArray<Handler<unknown>>) => unknown
}

const which = fc.record({ type: fc.constantFrom(...types), i: fc.nat(2) })

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ at: which, once: fc.boolean() }).map(({ at: { i, type }, once }) => ({
    name: `addEventListener ${type} ${i} once: ${once}`,
    run: (target: WebSocketEvents, handlers: ReadonlyArray<Handler<unknown>>) =>
      target.addEventListener(type, handlers[i], { once })
  })),
  which.map(({ i, type }): Command => ({
    name: `removeEventListener ${type} ${i}`,
    run: (target, handlers) => target.removeEventListener(type, handlers[i])
  })),
  fc.record({ at: which, none: fc.boolean() }).map(({ at: { i, type }, none }): Command => ({
    name: `on${type} = ${none ? null : i}`,
    run: (target, handlers) => void Reflect.set(target, `on${type}`, none ? null : handlers[i])
  })),
  which.map(({ i, type }): Command => ({
    name: `on ${type} ${i}`,
    run: (target, handlers) => void target.on(type, handlers[i] as () => void)
  })),
  which.map(({ i, type }): Command => ({
    name: `off ${type} ${i}`,
    run: (target, handlers) => void target.off(type, handlers[i] as () => void)
  })),
  which.map(({ type }): Command => ({
    name: `removeAllListeners ${type}`,
    run: (target) => void target.removeAllListeners(type)
  })),
  fc.constantFrom(...emissions.slice(0, 7)).map(([type, ...values]): Command => ({
    name: `emit ${type}`,
    run: (target) => target.emit(type, ...values)
  }))
)

describe("listeners", () => {
  it("are of any event, also of one that has the name of a property of objects", () => {
    alike((log, target) => {
      for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
        log(name, target.emit(name), target.listenerCount(name))
        target.on(name, () => log(name, "called"))
        log(target.emit(name), target.listenerCount(name), target.eventNames())
      }
    })
  })

  it("are the emitter's, and come and go as in ws, whatever is done", () => {
    fc.assert(fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
      alike((log, target) => {
        const handlers = [0, 1, 2].map((i) => (event: unknown) => log("called", i, (event as { type?: unknown })?.type))
        for (const { name, run } of commands) {
          log(name, run(target, handlers))
          for (const type of types) {
            log(target.listenerCount(type), handlers.indexOf(Reflect.get(target, `on${type}`) as never))
          }
          log(target.eventNames())
        }
      })
    }))
  })
})
