/**
 * How a connection finds out that its peer is gone.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Schedule from "effect/Schedule"

/**
 * Options of a heartbeat.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * The time between two pings, or a schedule for them, which gets the last round-trip time as its input, if there is
   * one, must not wait by itself, and whose end is the end of the pings. Default 30 seconds; infinity for no pings.
   */
  readonly interval?: Duration.Input | Schedule.Schedule<unknown, Duration.Duration | undefined> | undefined
  /**
   * How long after a ping there may be no sign of life: not a pong, nor anything else, nor room for what we send. Default
   * 20 seconds.
   */
  readonly timeout?: Duration.Input | undefined
  /**
   * How long the peer may send no data: pings and pongs do not count. It is noticed up to a quarter later. Default for
   * ever.
   */
  readonly idleTimeout?: Duration.Input | undefined
}

/**
 * The options with nothing left open, in milliseconds.
 *
 * @category models
 * @since 0.1.0
 */
export interface Resolved {
  readonly interval: number | Schedule.Schedule<unknown, Duration.Duration | undefined>
  readonly timeout: number
  readonly idleTimeout: number
}

/**
 * What connections do whose own options say nothing.
 *
 * @category services
 * @since 0.1.0
 */
export const CurrentHeartbeat = Context.Reference<boolean | Options>("effect-ws/Heartbeat/CurrentHeartbeat", {
  defaultValue: () => false
})

/**
 * Fills in the defaults.
 *
 * @category constructors
 * @since 0.1.0
 */
export const resolve = (given: true | Options): Resolved => {
  const { idleTimeout = Duration.infinity, interval = "30 seconds", timeout = "20 seconds" } = given === true
    ? {}
    : given
  return {
    interval: Schedule.isSchedule(interval) ? interval : millisOf(interval),
    timeout: millisOf(timeout),
    idleTimeout: millisOf(idleTimeout)
  }
}

/**
 * What is wrong with options, if something is.
 *
 * @category guards
 * @since 0.1.0
 */
export const misuse = (given: boolean | Options): string | undefined => {
  if (given === false) return undefined
  const wrong = Object.entries(resolve(given)).find(([, time]) => typeof time === "number" && !(time > 0))
  return wrong && `heartbeat: ${wrong[0]} must be longer than nothing`
}

const millisOf = (duration: Duration.Input): number => Duration.toMillis(Duration.fromInputUnsafe(duration))
