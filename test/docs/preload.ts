/**
 * Loaded into an example's process before the example.
 *
 * - Ports are the process's own: listening on 8080 takes a port that is free, and connecting to 8080 leads there.
 * - A server started with `NodeRuntime.runMain` is told to stop, as by SIGTERM, half a second after it listens. It must
 *   shut down by itself; the 130 that Effect then exits with counts as success.
 */
import * as Net from "node:net"

const ports = new Map<number, number>()

interface Target {
  readonly port?: unknown
}

const portOf = (target: unknown): number => Number((target as Target | undefined)?.port ?? target)

const withPort = (target: unknown, port: number): unknown => typeof target === "object" ? { ...target, port } : port

const interrupt = (): void => {
  if (process.listenerCount("SIGTERM") === 0) return
  process.once("exit", () => {
    if (process.exitCode === 130) process.exitCode = 0
  })
  process.emit("SIGTERM", "SIGTERM")
}

const { listen } = Net.Server.prototype
const { connect } = Net.Socket.prototype

Net.Server.prototype.listen = function(this: Net.Server, target?: unknown, ...rest: Array<unknown>) {
  const port = portOf(target)
  this.once("listening", () => {
    if (port > 0) ports.set(port, (this.address() as Net.AddressInfo).port)
    setTimeout(interrupt, 500).unref()
  })
  return Reflect.apply(listen, this, [port > 0 ? withPort(target, 0) : target, ...rest])
} as typeof listen

/** Node itself calls it with an array that has the options first. */
Net.Socket.prototype.connect = function(this: Net.Socket, target: unknown, ...rest: Array<unknown>) {
  const options = Array.isArray(target) ? target[0] : target
  const port = ports.get(portOf(options))
  if (port === undefined) return Reflect.apply(connect, this, [target, ...rest])
  if (!Array.isArray(target)) return Reflect.apply(connect, this, [withPort(options, port), ...rest])
  target[0] = withPort(options, port)
  return Reflect.apply(connect, this, [target, ...rest])
} as typeof connect
