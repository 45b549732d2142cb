/**
 * Keeps connecting: one connection after the other, until there is to be no further one.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Pull from "effect/Pull"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { type CloseEvent, type Connection, toDriver } from "../Connection.ts"
import { Changes } from "../connection/Changes.ts"
import * as CloseCode from "../protocol/CloseCode.ts"
import * as CloseFrame from "../protocol/CloseFrame.ts"
import { nodeBytes } from "../transport/NodeBytes.ts"
import * as WebSocketError from "../WebSocketError.ts"
import { Incoming } from "./Incoming.ts"
import { isOpen, Outgoing, type Policy } from "./Outgoing.ts"

/**
 * How it stands. Attempts are counted from 1, and from 1 again after a connection that was good; `Waiting` has the number
 * of the next one.
 *
 * @category models
 * @since 0.1.0
 */
export type Status<E = never> =
  | { readonly _tag: "Connecting"; readonly attempt: number }
  | { readonly _tag: "Open"; readonly connection: Connection }
  | {
    readonly _tag: "Waiting"
    readonly attempt: number
    readonly delay: Duration.Duration
    /** Why there is no connection. */
    readonly reason: E | WebSocketError.WebSocketError
  }
  | {
    readonly _tag: "Closed"
    /** Why there will be none any more: a failure, a defect, or a success if it ended well. */
    readonly exit: Exit.Exit<void, E | WebSocketError.WebSocketError>
  }

/**
 * What a reconnector needs, with nothing left open.
 *
 * @category models
 * @since 0.1.0
 */
export interface Settings<E, R> {
  /** Connects, and does what is to be done first. */
  readonly connect: Effect.Effect<Connection, E | WebSocketError.WebSocketError, R | Scope.Scope>
  readonly onConnect: (
    connection: Connection
  ) => Effect.Effect<unknown, E | WebSocketError.WebSocketError, R | Scope.Scope>
  readonly schedule: Schedule.Schedule<unknown, E | WebSocketError.WebSocketError, never, R>
  readonly isTransient: (reason: E | WebSocketError.WebSocketError) => boolean
  readonly resetAfter: Duration.Duration
  readonly queue: Policy
}

type Failure<E> = E | WebSocketError.WebSocketError

/** How an attempt, or the life of its connection, ended: why, and with what its scope is to be closed. */
interface Ended<E> {
  readonly reason: Failure<E>
  readonly exit: Exit.Exit<unknown, unknown>
  /** Whether the connection was open long enough to begin anew. */
  readonly wasGood: boolean
}

/**
 * A connection that is made again and again.
 *
 * @category models
 * @since 0.1.0
 */
export class Reconnector<E, R> {
  readonly status: SubscriptionRef.SubscriptionRef<Status<E>>
  readonly incoming = new Incoming<E>()
  readonly outgoing: Outgoing<E>
  private readonly settings: Settings<E, R>
  /** The scope of the present attempt or connection. */
  private scope: Scope.Closeable = Scope.makeUnsafe()
  /** Open, while `onConnect` is at work. */
  private opening: Connection | undefined = undefined
  /** Open, and `onConnect` is done. */
  private connection: Connection | undefined = undefined
  private leaving = false
  private exit: Exit.Exit<void, Failure<E>> | undefined = undefined
  /** Set by `start`, which comes first. */
  private fiber!: Fiber.Fiber<void>
  private readonly changes = new Changes()

  constructor(settings: Settings<E, R>, status: SubscriptionRef.SubscriptionRef<Status<E>>) {
    this.settings = settings
    this.status = status
    this.outgoing = new Outgoing(settings.queue)
  }

  /** Starts; whoever does has to `end` it. */
  get start(): Effect.Effect<void, never, R> {
    const running = Effect.flatMap(
      Effect.exit(this.run),
      (exit) => {
        const finishing = this.finish(this.leaving ? Exit.void : exit)
        return Effect.uninterruptible(Effect.andThen(finishing, Scope.close(this.scope, exit)))
      }
    )
    return Effect.map(Effect.forkDetach(running), (fiber) => void (this.fiber = fiber))
  }

  /** The connection that is open, as soon as there is one. */
  get opened(): Effect.Effect<Connection, Failure<E>> {
    return this.changes.until(() => {
      if (this.exit !== undefined) return this.failure
      const { connection } = this
      return connection !== undefined && isOpen(connection) ? Effect.succeed(connection) : undefined
    })
  }

  private get failure(): Effect.Effect<never, Failure<E>> {
    const { exit } = this
    if (exit !== undefined && Exit.isFailure(exit)) return Effect.failCause(exit.cause)
    return Effect.fail(WebSocketError.fromClose(1000, ""))
  }

  // ---- one connection after the other ----

  private get run(): Effect.Effect<void, Failure<E>, R> {
    return Effect.gen({ self: this }, function*() {
      const { isTransient, schedule } = this.settings
      let attempt = 1
      let step = yield* Schedule.toStep(schedule)
      while (true) {
        const { exit, reason, wasGood } = yield* this.live()
        if (this.leaving) return
        if (wasGood) step = yield* Schedule.toStep(schedule)
        attempt = wasGood ? 1 : attempt + 1
        const delay = isTransient(reason) ? yield* next(step, reason) : undefined
        if (delay === undefined) return yield* conclude(reason)
        yield* SubscriptionRef.set(this.status, { _tag: "Waiting", attempt, delay, reason })
        yield* Effect.all([Effect.sleep(delay), Scope.close(this.scope, exit), this.incoming.room], { concurrency: 3 })
        yield* SubscriptionRef.set(this.status, { _tag: "Connecting", attempt })
      }
    })
  }

  /** One attempt, and the life of the connection that comes of it. Interrupted, it leaves the scope to `end`. */
  private live(): Effect.Effect<Ended<E>, never, R> {
    const scope = this.scope = Scope.makeUnsafe()
    return Scope.provide(this.open, scope).pipe(
      Effect.matchEffect({
        onFailure: (reason) => Effect.succeed({ reason, exit: Exit.fail(reason), wasGood: false }),
        onSuccess: (connection) =>
          Effect.map(Effect.timed(this.serve(connection)), ([time, { code, error, reason }]) => ({
            reason: error ?? WebSocketError.fromClose(code, reason),
            exit: Exit.void,
            wasGood: Duration.isGreaterThanOrEqualTo(time, this.settings.resetAfter)
          }))
      })
    )
  }

  /** A connection that is ready for use. */
  private get open(): Effect.Effect<Connection, Failure<E>, R | Scope.Scope> {
    const { connect, onConnect } = this.settings
    return Effect.flatMap(connect, (connection) => {
      this.opening = connection
      const closed = Effect.flatMap(
        connection.closed,
        ({ code, error, reason }) => Effect.fail(error ?? WebSocketError.fromClose(code, reason))
      )
      const ready = Effect.as(Effect.raceFirst(onConnect(connection), closed), connection)
      return Effect.onError(ready, () => Effect.sync(() => this.opening = undefined))
    })
  }

  /** From the opening to the end, which is told to readers and senders at once. */
  private serve(connection: Connection): Effect.Effect<CloseEvent> {
    this.connection = connection
    this.opening = undefined
    const driver = toDriver(connection)?.driver
    if (driver !== undefined) driver.isPrompt = true // answers are for the next connection
    this.incoming.add(connection)
    this.changes.tell()
    return SubscriptionRef.set(this.status, { _tag: "Open", connection }).pipe(
      Effect.andThen(this.outgoing.flush(connection)),
      Effect.andThen(connection.closed),
      Effect.ensuring(Effect.sync(() => {
        this.connection = undefined
        this.outgoing.hold()
        this.incoming.close(connection)
      }))
    )
  }

  // ---- the end ----

  /** Says goodbye as a scope does that ends so, and ends everything. */
  end(exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.leaving = true
      return Effect.andThen(
        Effect.all([Fiber.interrupt(this.fiber), Scope.close(this.scope, exit)]),
        this.finish(Exit.void)
      )
    })
  }

  /** Says goodbye with a code, and ends everything. */
  close(code: number | undefined, reason: string | undefined): Effect.Effect<void, WebSocketError.WebSocketError> {
    return Effect.suspend(() => {
      const { leaving, connection = this.opening } = this
      this.leaving = true
      const closing = connection === undefined ? checked(code, reason) : connection.close(code, reason)
      return Effect.andThen(
        Effect.tapError(closing, () => Effect.sync(() => this.leaving = leaving)), // who is interrupted has said goodbye
        Effect.uninterruptible(this.end(Exit.void))
      )
    })
  }

  private finish(exit: Exit.Exit<void, Failure<E>>): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.exit !== undefined) return Effect.void
      this.exit = exit
      return Effect.map(SubscriptionRef.set(this.status, { _tag: "Closed", exit }), () => {
        this.incoming.end(exit)
        this.outgoing.end(this.failure)
        this.changes.tell()
      })
    })
  }
}

/** What no connection could say is refused also where there is none at present. */
const checked = (code = 1000, reason = ""): Effect.Effect<void, WebSocketError.WebSocketError> => {
  const problem = CloseFrame.check(nodeBytes, { code, reason }, "client")
  return problem === undefined ? Effect.void : Effect.fail(WebSocketError.fromUsage(problem))
}

type Step<E, R> = Effect.Success<ReturnType<typeof Schedule.toStep<unknown, Failure<E>, never, R>>>

/** How long to wait, if there is to be a next time. */
const next = <E, R>(step: Step<E, R>, reason: Failure<E>): Effect.Effect<Duration.Duration | undefined, never, R> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Pull.catchDone(
      Effect.map(step(now, reason), ([, delay]): Duration.Duration | undefined => delay),
      () => Effect.succeed(undefined)
    ))

/** A goodbye ends well, everything else does not. */
const conclude = <E>(reason: Failure<E>): Effect.Effect<void, Failure<E>> =>
  reason instanceof WebSocketError.WebSocketError && reason.reason._tag === "CloseError" &&
    CloseCode.isNormal(reason.reason.code)
    ? Effect.void
    : Effect.fail(reason)
