/**
 * Asking `accept`: for no longer than it may take, and while the client is there.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import type { Duplex } from "node:stream"
import { tallies } from "../connection/Tally.ts"
import { Refusal, type Route } from "../WebSocketServer.ts"

type Answer = Effect.Effect<unknown, Refusal>

/**
 * One question, and the scope of what was acquired to answer it.
 *
 * @category models
 * @since 0.1.0
 */
export class Asking {
  private readonly socket: Duplex
  private readonly timeout: Duration.Duration
  private scope: Scope.Closeable | undefined = undefined

  constructor(socket: Duplex, timeout: Duration.Duration) {
    this.socket = socket
    this.timeout = timeout
  }

  /**
   * What `accept` says. Most know it at once, and need no scope, and no race with the time, which costs 20 µs of a
   * handshake's 130.
   */
  answerOf(accept: ReturnType<Route["accept"]>): Answer {
    if (Exit.isExit(accept)) return accept as Answer
    const scope = this.scope = Scope.makeUnsafe()
    return Effect.withFiber(({ context }) => {
      const asking = Effect.runForkWith(Context.add(context, Scope.Scope, scope))(accept)
      return asking.pollUnsafe() ?? Effect.ensuring(this.inTime(Fiber.join(asking)), Fiber.interrupt(asking))
    })
  }

  /** Releases what was acquired when this has ended, be it a connection or a refusal. */
  until<A, E, R>(effect: Effect.Effect<A, E, R>, refused?: Exit.Exit<unknown, unknown>): Effect.Effect<A, E, R> {
    return this.scope === undefined ? effect : closing(this.scope, effect, refused)
  }

  /** The answer is no if it does not come in time, or if the client's connection breaks meanwhile. */
  private inTime(answer: Answer): Answer {
    return Effect.timeoutOrElse(Effect.raceFirst(answer, broken(this.socket)), {
      duration: this.timeout,
      orElse: () => {
        tallies.server.reach("handshakeTimeout")
        return Effect.fail(new Refusal({ status: 503, body: "the handshake took too long" }))
      }
    })
  }
}

const broken = (socket: Duplex): Effect.Effect<never> =>
  Effect.callback((resume) => {
    const stop = () => resume(Effect.interrupt)
    socket.once("end", stop).once("close", stop)
    return Effect.sync(() => socket.off("end", stop).off("close", stop))
  })

/** A function of its own: what it closes over lives as long as the connection. */
const closing = <A, E, R>(
  scope: Scope.Closeable,
  effect: Effect.Effect<A, E, R>,
  refused: Exit.Exit<unknown, unknown> | undefined
): Effect.Effect<A, E, R> =>
  Effect.onExit(effect, (exit) =>
    Effect.catchCause(
      Scope.close(scope, refused ?? exit),
      (cause) => Effect.logError("a finalizer of what accepted a WebSocket died", cause)
    ))
