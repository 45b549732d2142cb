import { GraphQLInt, GraphQLObjectType, GraphQLSchema, GraphQLString } from "graphql"
import { createClient } from "graphql-ws"
import { useServer } from "graphql-ws/use/ws"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { WebSocket, WebSocketServer } from "ws"

const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: "Query",
    fields: { hello: { type: GraphQLString, resolve: () => "world" } }
  }),
  subscription: new GraphQLObjectType({
    name: "Subscription",
    fields: {
      count: {
        type: GraphQLInt,
        subscribe: async function*() {
          for (let count = 1; count <= 3; count++) yield { count }
        }
      }
    }
  })
})

export const run = async () => {
  const server = new WebSocketServer({ port: 0, path: "/graphql" })
  const served = useServer({ schema }, server)
  await once(server, "listening")
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`
  const client = createClient({ url, webSocketImpl: WebSocket })
  const results: Array<unknown> = []
  for await (const { data } of client.iterate({ query: "{ hello }" })) results.push(data)
  for await (const { data } of client.iterate({ query: "subscription { count }" })) results.push(data)
  await client.dispose()
  await served.dispose()
  return results
}

export const expected = [{ hello: "world" }, { count: 1 }, { count: 2 }, { count: 3 }]
