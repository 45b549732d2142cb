/**
 * A network in memory: servers without ports, and clients that reach them.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import type * as Scope from "effect/Scope"
import type { Duplex } from "node:stream"
import type * as Connection from "../Connection.ts"
import * as NodeWebSocketServer from "../NodeWebSocketServer.ts"
import * as WebSocketClient from "../WebSocketClient.ts"
import * as WebSocketError from "../WebSocketError.ts"
import { WebSocketServer } from "../WebSocketServer.ts"
import * as NodeMemoryServer from "./NodeMemoryServer.ts"
import { NodeMemorySocket } from "./NodeMemorySocket.ts"
import * as TestLink from "./TestLink.ts"

type Listener = (socket: Duplex) => void

/** What a client gets of the network. */
interface Dialled {
  readonly socket: Duplex
  readonly link: TestLink.TestLink
}

/**
 * A network in memory, on which every host name leads to the servers that are there. `wss:` and `ws+unix:` URLs are
 * reached like any other, without TLS. Where no server is, clients fail with ECONNREFUSED.
 *
 * @category services
 * @since 0.1.0
 */
export class TestNetwork extends Context.Service<TestNetwork, {
  /** The links that are not over, the oldest first. */
  readonly links: Effect.Effect<ReadonlyArray<TestLink.TestLink>>
  /** What is done with each new link from now on, before anything passes: such as to set conditions, or to break it. */
  readonly prepare: (prepare: (link: TestLink.TestLink) => Effect.Effect<void>) => Effect.Effect<void>
  /** Connects to a server without any handshake. */
  readonly dial: (destination: WebSocketClient.Destination) => Effect.Effect<Dialled, unknown>
  /**
   * Takes the connections to a port, or those to all other ports, until the scope ends. Fails with a `UsageError` where
   * somebody does so already.
   */
  readonly listen: (
    port: number | undefined,
    listener: (socket: Duplex) => void
  ) => Effect.Effect<void, WebSocketError.WebSocketError, Scope.Scope>
}>()("effect-ws/testing/TestNetwork") {}

class Network implements Context.Service.Shape<typeof TestNetwork> {
  private readonly listeners = new Map<number | undefined, Listener>()
  private known: ReadonlyArray<TestLink.TestLink> = []
  private preparing = (_link: TestLink.TestLink): Effect.Effect<void> => Effect.void

  readonly links = Effect.suspend(() => Effect.filter(this.known, ({ isOver }) => Effect.map(isOver, (is) => !is)))

  readonly prepare = (prepare: (link: TestLink.TestLink) => Effect.Effect<void>) =>
    Effect.sync(() => {
      this.preparing = prepare
    })

  readonly dial = ({ hostname, port }: WebSocketClient.Destination): Effect.Effect<Dialled, unknown> =>
    Effect.flatMap(this.links, (links) =>
      Effect.withFiber((fiber) => {
        const listener = this.listeners.get(port) ?? this.listeners.get(undefined)
        if (listener === undefined) return Effect.fail(refused(hostname, port))
        const { client, link, server } = TestLink.makeUnsafe(fiber.context, fiber.getRef(Clock.Clock))
        this.known = [...links, link]
        const preparing = Effect.onError(Effect.suspend(() => this.preparing(link)), () => link.reset) // nobody gets it
        return Effect.map(preparing, () => {
          listener(new NodeMemorySocket(server))
          return { socket: new NodeMemorySocket(client), link }
        })
      }))

  readonly listen = (port: number | undefined, listener: Listener) =>
    Effect.uninterruptible(Effect.suspend(() => {
      if (this.listeners.has(port)) return Effect.fail(WebSocketError.fromUsage(`port ${port ?? "any"} is taken`))
      this.listeners.set(port, listener)
      return Effect.addFinalizer(() => Effect.sync(() => this.listeners.delete(port)))
    }))
}

const refused = (hostname: string, port: number): Error =>
  Object.assign(new Error(`connect ECONNREFUSED ${hostname}:${port}`), { code: "ECONNREFUSED" })

/**
 * A network without servers, on which `WebSocketClient.connect` dials.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerNetwork: Layer.Layer<TestNetwork> = Layer.effectContext(
  Effect.sync(() => {
    const network = new Network()
    const dial: WebSocketClient.Dial = (destination) => Effect.map(network.dial(destination), ({ socket }) => socket)
    return Context.make(TestNetwork, network).pipe(Context.add(WebSocketClient.Dialer, dial))
  })
)

/**
 * Options of a server in memory.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends NodeWebSocketServer.Options {
  /** The port of the URLs that lead to it. Default: every port at which there is no other server. */
  readonly port?: number | undefined
}

/**
 * A server on the network. It is Node's HTTP server and the handshake of `NodeWebSocketServer`, without a port.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerServer = (
  options: Options = {}
): Layer.Layer<WebSocketServer, WebSocketError.WebSocketError, TestNetwork> =>
  Layer.effect(
    WebSocketServer,
    Effect.gen(function*() {
      const { port } = options
      const network = yield* TestNetwork
      const address = yield* Effect.mapError(
        Effect.fromResult(NetAddress.inetAddressV4(NetAddress.ipv4Loopback, port ?? 80)),
        ({ message }) => WebSocketError.fromUsage(message)
      )
      const { connect, server } = yield* NodeMemoryServer.make
      yield* network.listen(port, connect)
      const service = Context.get(yield* Layer.build(NodeWebSocketServer.layerFrom(server, options)), WebSocketServer)
      return {
        ...service,
        address: Effect.succeed(address),
        url: Effect.succeed(`ws://localhost${port === undefined ? "" : `:${port}`}`)
      }
    })
  )

/**
 * A server in memory, with the network on which clients reach it: in tests it stands for `NodeWebSocketServer.layer`.
 *
 * **When to use**
 *
 * Use to test handlers and clients as they are, without ports: routes, `accept`, subprotocols, origins, compression and
 * headers are those of a real server. Nothing waits but by the `Clock`, so that a `TestClock` decides about time.
 *
 * **Gotchas**
 *
 * A connection whose peer is silent or stalled waits for its goodbye when its scope ends, and a clock that stands still
 * then never lets it go: `reset` its link at the end of the test. `connect` does so if the scope ends in failure.
 *
 * **Example** (Testing a handler, and what it does when the network is slow)
 *
 * ```ts
 * import { Duration, Effect, Fiber, Layer, Stream } from "effect"
 * import { TestClock } from "effect/testing"
 * import { TestNetwork } from "effect-ws/testing"
 * import * as WebSocketClient from "effect-ws/WebSocketClient"
 * import * as WebSocketServer from "effect-ws/WebSocketServer"
 *
 * const Echo = WebSocketServer.handle("/echo", ({ messages, sink }) => Stream.run(messages, sink))
 *
 * const test = Effect.gen(function*() {
 *   const { messages, ping, send } = yield* WebSocketClient.connect("ws://localhost/echo")
 *   yield* send("Hello")
 *   const answers = yield* Stream.runCollect(Stream.take(messages, 1))
 *   const [link] = yield* TestNetwork.TestNetwork.use(({ links }) => links)
 *   yield* link.set({ latency: "30 millis" })
 *   const pong = yield* Effect.forkChild(ping())
 *   yield* TestClock.adjust("1 minute")
 *   yield* link.set({ latency: 0 })
 *   return [answers, Duration.toMillis(yield* Fiber.join(pong))]
 * }).pipe(
 *   Effect.scoped,
 *   Effect.provide(Layer.provideMerge(Echo, TestNetwork.layer())),
 *   Effect.provide(TestClock.layer())
 * )
 *
 * await Effect.runPromise(test) // => [["Hello"], 60]
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options?: Options
): Layer.Layer<WebSocketServer | TestNetwork, WebSocketError.WebSocketError> =>
  Layer.provideMerge(layerServer(options), layerNetwork)

/**
 * Connects like `WebSocketClient.connect`, and gives the link, too. If the scope ends in failure, the link is reset.
 *
 * @category constructors
 * @since 0.1.0
 */
export const connect = (
  url: string | URL,
  options?: WebSocketClient.Options
): Effect.Effect<
  { readonly connection: Connection.Connection; readonly link: TestLink.TestLink },
  WebSocketError.WebSocketError,
  Scope.Scope | TestNetwork
> =>
  Effect.flatMap(TestNetwork, (network) => {
    let link: TestLink.TestLink
    const dial: WebSocketClient.Dial = (destination) =>
      Effect.map(network.dial(destination), (dialled) => {
        link = dialled.link
        return dialled.socket
      })
    return WebSocketClient.connect(url, options).pipe(
      Effect.map((connection) => ({ connection, link })),
      Effect.tap(({ link }) => TestLink.resetOnFailure(link)),
      Effect.provideService(WebSocketClient.Dialer, dial)
    )
  })
