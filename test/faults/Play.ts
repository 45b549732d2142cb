/** Plays a script: two sides at something each, faults on the way, and the end. */
import { Cause, Effect, Exit, Fiber, type Scope } from "effect"
import * as Connection from "effect-ws/Connection"
import type { ConnectionOptions } from "effect-ws/ConnectionOptions"
import type { TestLink } from "effect-ws/testing"
import { setImmediate as tick } from "node:timers/promises"
import * as Release from "../../src/connection/Release.ts"
import type { DeflatePool } from "../../src/transport/DeflatePool.ts"
import * as Activities from "./Activities.ts"
import { Journal } from "./Journal.ts"
import type * as Script from "./Script.ts"

/** How the two are connected, and how time passes. */
export interface Medium {
  readonly pair: (options: ConnectionOptions) => Effect.Effect<TestLink.Pair, never, Scope.Scope>
  readonly closeTimeout: number
  readonly pass: Effect.Effect<void>
}

const exitOf: Readonly<Record<Script.Exit, Exit.Exit<void, string>>> = {
  succeeds: Exit.void,
  "is interrupted": Exit.interrupt(1),
  fails: Exit.fail("no more"),
  dies: Exit.failCause(Cause.die(new Error("boom")))
}

export const turns = (count: number): Effect.Effect<void> =>
  Effect.promise(async () => {
    for (let i = 0; i < count; i++) await (i % 3 === 0 ? tick() : Promise.resolve())
  })

/** One of the two. */
export class Player {
  readonly connection: Connection.Connection
  readonly incoming: Journal
  private readonly outgoing: Journal
  /** Whether it left, or stopped to read, before it had read everything. */
  leftEarly = false
  private isReading = true
  private readonly fibers: Array<Fiber.Fiber<unknown>> = []

  constructor(connection: Connection.Connection, incoming: Journal, outgoing: Journal) {
    this.connection = connection
    this.incoming = incoming
    this.outgoing = outgoing
  }

  begin({ reads, sends }: Script.Script["client"]): Effect.Effect<void> {
    const { connection, incoming, outgoing } = this
    const side = { connection, incoming, outgoing }
    const reading = Activities.readers[reads](side, "", 0).pipe(
      Effect.onInterrupt(() => Effect.sync(() => this.leftEarly = true)),
      Effect.ensuring(Effect.sync(() => this.isReading = false))
    )
    const working = sends.map(({ activity, size }, i) => Activities.senders[activity](side, `${i}`, size))
    return Effect.forEach([...working, reading], (effect) => this.fork(effect), { discard: true })
  }

  /** Does something that has to end with the connection, if not before. */
  fork(effect: Effect.Effect<unknown, unknown>): Effect.Effect<void> {
    return Effect.map(Effect.forkChild(Effect.exit(effect)), (fiber) => void this.fibers.push(fiber))
  }

  interrupt(): Effect.Effect<void> {
    return this.fibers.length === 0 ? Effect.void : this.fork(Fiber.interrupt(this.fibers[0]))
  }

  /** Does what the end of its scope does. */
  leave(exit: Script.Exit): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.leftEarly ||= this.isReading
      return this.fork(Release.release(Connection.toDriver(this.connection)!.driver, exitOf[exit]))
    })
  }

  /** Waits for the end of everything. */
  end(medium: Medium): Effect.Effect<void> {
    return Effect.forEach(this.fibers, (fiber) => until(fiber, medium, 400), { discard: true })
  }
}

/** Lets time pass until a fiber is done. */
const until = (fiber: Fiber.Fiber<unknown, unknown>, medium: Medium, left: number): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (fiber.pollUnsafe() !== undefined) return Effect.void
    if (left === 0) return Effect.die(new Error("something does not end with the connection"))
    return Effect.andThen(medium.pass, until(fiber, medium, left - 1))
  })

interface Scene {
  readonly link: TestLink.TestLink
  readonly client: Player
  readonly server: Player
}

const perform = (step: Script.Step, scene: Scene): Effect.Effect<void> => {
  const { link } = scene
  switch (step.what) {
    case "break":
      return link[step.direction].breakAfter(step.octets, step.how)
    case "stall":
      return link[step.direction].set({ stalled: true })
    case "flow":
      return link[step.direction].set({ stalled: false })
    case "cut":
      return link[step.direction].set({ chunkSize: step.chunkSize })
    case "delay":
      return link[step.direction].set({ latency: step.millis })
    case "inject":
      return link[step.direction].inject(step.octets)
    case "reset":
      return link.reset
    case "interrupt":
      return scene[step.side].interrupt()
    case "close":
      return scene[step.side].fork(scene[step.side].connection.close(4000, "enough"))
    case "terminate":
      return scene[step.side].connection.terminate
    case "leave":
      return scene[step.side].leave(step.exit)
  }
}

/** Plays until nothing goes on any more. */
export const play = (script: Script.Script, pool: DeflatePool, medium: Medium): Effect.Effect<Scene> =>
  Effect.gen(function*() {
    const compression = script.compression === "none" ? false : {
      pool,
      serverNoContextTakeover: script.compression === "no takeover",
      clientNoContextTakeover: script.compression === "no takeover"
    }
    const { closeTimeout } = medium
    const { client, link, server } = yield* medium.pair({ compression, closeTimeout, inboxSize: 10_000 })
    const [toClient, toServer] = [new Journal(), new Journal()]
    const scene = {
      link,
      client: new Player(client, toClient, toServer),
      server: new Player(server, toServer, toClient)
    }
    yield* scene.client.begin(script.client)
    yield* scene.server.begin(script.server)
    for (const [wait, step] of script.steps) {
      yield* turns(wait)
      yield* perform(step, scene)
    }
    yield* turns(5)
    yield* scene.client.leave(script.last)
    yield* scene.client.end(medium)
    yield* scene.server.leave("succeeds")
    yield* scene.server.end(medium)
    return scene
  }).pipe(Effect.scoped)
