import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import * as NodeWebSocketServer from "../../src/NodeWebSocketServer.ts"
import type { UpgradeRequest } from "../../src/UpgradeRequest.ts"
import * as WebSocketServer from "../../src/WebSocketServer.ts"
import { isGone } from "../protocol/Garbage.ts"
import * as RawClient from "./RawClient.ts"
import * as TestServer from "./TestServer.ts"

const host = Effect.acquireRelease(
  Effect.callback<Http.Server>((resume) => {
    const server = Http.createServer().listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  }),
  (server) => Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))
)

describe("the request of a connection", () => {
  it.live("stays for as long as the connection, without Node's own", () =>
    Effect.gen(function*() {
      const server = yield* host
      const references: Array<WeakRef<Http.IncomingMessage>> = []
      server.on("upgrade", (request) => references.push(new WeakRef(request)))
      const requests: Array<UpgradeRequest> = []
      const Keep = WebSocketServer.handle("/*", ({ request }) =>
        Effect.andThen(Effect.sync(() => requests.push(request)), Effect.never))
      yield* TestServer.startOn(NodeWebSocketServer.layerFrom(server), Keep)

      const client = yield* RawClient.connect({ host: "127.0.0.1", port: (server.address() as AddressInfo).port })
      client.socket.write(RawClient.handshake("/room?n=7", { "Cookie": "a=1", "X-Twice": "1\r\nX-Twice: 2" }))
      yield* client.answer
      assert.strictEqual(references.length, 1)
      assert.isTrue(
        yield* Effect.promise(() =>
          isGone(references[0])
        )
      )

      const [{ cookies, headers, path, remoteAddress, searchParams, target }] = requests
      assert.deepStrictEqual({
        cookies,
        path,
        remoteAddress,
        target,
        n: searchParams.get("n"),
        twice: headers["x-twice"]
      }, {
        cookies: { a: "1" },
        path: "/room",
        remoteAddress: "127.0.0.1",
        target: "/room?n=7",
        n: "7",
        twice: "1, 2"
      })
      assert.strictEqual(requests[0].searchParams, searchParams)
    }))
})
