/** A site with a WebSocket among its routes: path parameters, middleware that knows the user, a service. Say: Hello */
import { NodeRuntime } from "@effect/platform-node"
import { Context, Effect, Layer, Stream, SubscriptionRef } from "effect"
import * as NodeHttpWebSocket from "effect-ws/NodeHttpWebSocket"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { createServer } from "node:http"

/** How many messages there were. */
class Count extends Context.Service<Count, SubscriptionRef.SubscriptionRef<number>>()("Count") {
  static readonly layer = Layer.effect(Count, SubscriptionRef.make(0))
}

class User extends Context.Service<User, string>()("User") {}

const Session = HttpRouter.middleware<{ provides: User }>()((app) =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ cookies }) =>
    cookies["user"] === undefined
      ? Effect.succeed(HttpServerResponse.text("who are you?", { status: 401 }))
      : Effect.provideService(app, User, cookies["user"]))
)

const Page = HttpRouter.add(
  "GET",
  "/",
  Effect.map(Effect.flatMap(Count, SubscriptionRef.get), (count) => HttpServerResponse.text(`${count} messages so far`))
)

const Rooms = NodeHttpWebSocket.add(
  "/rooms/:room",
  Effect.fnUntraced(function*({ messages, sink }) {
    const { room } = yield* HttpRouter.params
    const [count, user] = [yield* Count, yield* User]
    const answers = messages.pipe(
      Stream.tap(() => SubscriptionRef.update(count, (n) => n + 1)),
      Stream.map((text) => `${user} in ${room}: ${text}`)
    )
    yield* Stream.run(answers, sink)
  })
).pipe(Layer.provide(Session.layer))

HttpRouter.serve(Layer.mergeAll(Page, Rooms)).pipe(
  Layer.provide([Count.layer, NodeHttpWebSocket.layer(createServer, { port: Number(process.env["PORT"] ?? 8080) })]),
  Layer.launch,
  NodeRuntime.runMain
)
