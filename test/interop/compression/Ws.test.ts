import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Socket } from "node:net"
import type { Connection } from "../../../src/Connection.ts"
import * as Extension from "../../../src/protocol/Extension.ts"
import * as WebSocketClient from "../../../src/WebSocketClient.ts"
import * as WebSocketServer from "../../../src/WebSocketServer.ts"
import * as Deflate from "../../conformance/Deflate.ts"
import * as WsPeer from "../WsPeer.ts"
import * as WsServer from "../WsServer.ts"
import * as CountingServer from "./CountingServer.ts"
import { compressed, echo, parts, payloads } from "./Payloads.ts"
import * as Wishes from "./Wishes.ts"

const fragments = ["frag", "ments ".repeat(1000), "", "of compressed text"]

/** ws sends everything, with pings among it, in the middle of a message too, and gets it back. */
const converse = Effect.fnUntraced(function*(peer: WsPeer.WsPeer, tcp: Socket) {
  const { socket } = peer
  for (const payload of payloads) {
    socket.send(payload)
    socket.ping("among")
  }
  for (const [i, part] of fragments.entries()) {
    socket.send(part, { fin: i === fragments.length - 1 })
    socket.ping("amid")
  }
  socket.ping("last")
  const received = yield* peer.received(payloads.length + 2)
  assert.isTrue(received[0] === parts.join(""), "in parts")
  for (const [i, payload] of payloads.entries()) {
    const same = typeof payload === "string" ? received[i + 1] === payload : payload.equals(received[i + 1] as Buffer)
    assert.isTrue(same, `${payload.length} octets`)
  }
  assert.isTrue(received[payloads.length + 1] === fragments.join(""), "in fragments")
  yield* peer.until(() => peer.pongs.includes("last"))
  assert.isBelow(Math.max(tcp.bytesRead, tcp.bytesWritten), compressed)
})

const agreedOn = ({ extensions }: Connection) => Deflate.agreementOf(Extension.format(extensions))

/** `theirs` are the wishes of ws, `ours` our own; one side has none. */
const tests = (theirs: Wishes.Wishes, ours: Wishes.Wishes, wanted: Deflate.Agreement): void => {
  it.live("our client with ws's server", () =>
    Effect.gen(function*() {
      const { peers, requests, url } = yield* WsServer.start(() => {}, { perMessageDeflate: theirs })
      const connection = yield* WebSocketClient.connect(url, { compression: ours })
      assert.deepStrictEqual(agreedOn(connection), wanted)
      yield* Effect.forkChild(Effect.ignore(echo(connection)))
      yield* converse(peers[0], requests[0].socket)
    }))

  it.live("ws's client with our server", () =>
    Effect.gen(function*() {
      let connection: Connection | undefined
      const Echo = WebSocketServer.handle("/", { compression: ours }, (opened) => echo(connection = opened))
      const { sockets, url } = yield* CountingServer.start(Echo)
      const peer = yield* WsPeer.connect(url, { perMessageDeflate: theirs })
      assert.strictEqual(peer.socket.extensions, "permessage-deflate")
      yield* converse(peer, sockets[0])
      assert.deepStrictEqual(agreedOn(connection!), wanted)
    }))
}

for (const wishes of Wishes.all) {
  describe(`ws and what we want: ${Wishes.format(wishes)}`, () => tests({}, wishes, Wishes.agreement(wishes)))
}

for (const wishes of Wishes.pairwise) {
  describe(`we and what ws wants: ${Wishes.format(wishes)}`, () => tests(wishes, {}, Wishes.agreement(wishes)))
}
