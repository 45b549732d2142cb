/** The web site around the chat: a plain HTTP server with the page's files. */
import { Config, Context, Data, Effect, Layer, Option } from "effect"
import { readFile } from "node:fs/promises"
import * as Http from "node:http"

export class Site extends Context.Service<Site, Http.Server>()("chat/Site") {
  static readonly layer = Layer.effect(Site, Effect.suspend(() => make))
}

class CannotListen extends Data.TaggedError("CannotListen")<{ readonly message: string }> {}

/** Port 8080, or the next that is free; with `PORT` that one, or none. */
const make = Effect.gen(function*() {
  const host = yield* Config.withDefault(Config.String("HOST"), "localhost")
  const port = yield* Config.option(Config.Int("PORT"))
  const ports = Option.match(port, {
    onNone: () => Array.from({ length: 20 }, (_, i) => 8080 + i),
    onSome: (it) => [it]
  })
  const server = yield* Effect.acquireRelease(Effect.sync(() => Http.createServer(answer)), stop)
  yield* Effect.firstSuccessOf(ports.map((port) => listen(server, { host, port })))
  return server
})

const files = new Map([
  ["/", { name: "index.html", type: "text/html" }],
  ["/style.css", { name: "style.css", type: "text/css" }],
  ...["main.js", "Conversation.js", "Elements.js", "People.js", "Reconnecting.js", "Sparkline.js", "State.js"].map((
    name
  ) => [`/${name}`, { name, type: "text/javascript" }] as const)
])

const answer: Http.RequestListener = async ({ url = "" }, response) => {
  const file = files.get(url.split("?")[0])
  if (file === undefined) return response.writeHead(404).end("There is nothing here.")
  const content = await readFile(new URL(`page/${file.name}`, import.meta.url))
  response.writeHead(200, {
    "Content-Type": `${file.type}; charset=utf-8`,
    "Content-Security-Policy": "default-src 'self'; img-src data:"
  })
  return response.end(content)
}

const listen = (server: Http.Server, where: { readonly host: string; readonly port: number }) =>
  Effect.callback<void, CannotListen>((resume) => {
    const onError = ({ message }: Error) => resume(Effect.fail(new CannotListen({ message })))
    server.once("error", onError)
    server.listen(where, () => {
      server.off("error", onError)
      resume(Effect.void)
    })
  })

const stop = (server: Http.Server) =>
  Effect.callback<void>((resume) => {
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })
