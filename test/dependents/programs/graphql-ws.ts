import { GraphQLInt, GraphQLObjectType, GraphQLSchema, GraphQLString } from "graphql"
import { type Context, createClient } from "graphql-ws"
import { useServer } from "graphql-ws/use/ws"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { setInterval } from "node:timers/promises"
import { WebSocket, WebSocketServer } from "ws"

let abandoned = false

/** Counts for as long as someone listens. */
const count = async function*() {
  let count = 0
  try {
    for await (const _ of setInterval(1)) yield { count: ++count }
  } finally {
    abandoned = true
  }
}

const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: "Query",
    fields: { hello: { type: GraphQLString, resolve: () => "world" } }
  }),
  subscription: new GraphQLObjectType({
    name: "Subscription",
    fields: { count: { type: GraphQLInt, subscribe: count } }
  })
})

const onConnect = ({ connectionParams }: Context) => connectionParams?.["name"] === "Ada"

export const run = async () => {
  const server = new WebSocketServer({ port: 0, path: "/graphql" })
  const served = useServer({ schema, onConnect }, server)
  await once(server, "listening")
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`
  const connect = (name: string) =>
    createClient({ url, webSocketImpl: WebSocket, connectionParams: { name }, retryAttempts: 0 })
  const ada = connect("Ada")
  const results: Array<unknown> = []
  for await (const { data } of ada.iterate({ query: "{ hello }" })) results.push(data)
  for await (const { data } of ada.iterate({ query: "subscription { count }" })) {
    results.push(data)
    if (results.length === 4) break
  }
  const { code, reason } = await connect("Bob").iterate({ query: "{ hello }" }).next().catch((event) => event)
  await ada.dispose()
  await served.dispose()
  return [...results, code, reason, abandoned]
}

export const expected = [
  { hello: "world" },
  { count: 1 },
  { count: 2 },
  { count: 3 },
  4403,
  "Forbidden",
  true
]

export const users = ["the program"]
