/** A client that reads a response, and what it asks for: nothing is agreed on that was not offered. */
import * as Result from "effect/Result"
import { ok } from "node:assert"
import * as ClientHandshake from "../../../src/protocol/ClientHandshake.ts"
import * as OpeningHandshake from "../../../src/protocol/OpeningHandshake.ts"
import * as PerMessageDeflate from "../../../src/protocol/PerMessageDeflate.ts"
import * as Heads from "../Heads.ts"
import { Random } from "../Random.ts"
import type { Target } from "../Target.ts"
import * as Words from "../Words.ts"

const accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
const key = "dGhlIHNhbXBsZSBub25jZQ=="

/** Whatever a user asks for, the request has its own lines and no others, or is refused. */
const request = (
  protocols: ReadonlyArray<string>,
  origin: string | undefined,
  version: OpeningHandshake.Version
): void => {
  const extensions = [PerMessageDeflate.offer({})]
  const fields = ClientHandshake.requestHeaders({ key, version, protocols, extensions, origin })
  const head = OpeningHandshake.formatHead("GET / HTTP/1.1", fields)
  if (Result.isSuccess(head)) Heads.check(head.success, "GET / HTTP/1.1", fields)
}

const options: ReadonlyArray<PerMessageDeflate.Options> = [
  {},
  { serverNoContextTakeover: true, clientMaxWindowBits: 12 },
  { clientNoContextTakeover: true, serverMaxWindowBits: 10, clientMaxWindowBits: false }
]

const example = [
  "101",
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Accept: ${accept}`,
  "Sec-WebSocket-Protocol: chat",
  "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10; server_no_context_takeover"
].join("\n")

export const target: Target = {
  name: "client-handshake",
  seeds: [Words.contentOf(example)],
  mutate: Words.mutateWith(Heads.dictionary),
  run: ({ choice, content }) => {
    const random = new Random(choice)
    const wanted = random.pick(options)
    const { firstLine, headers } = Heads.read(content)
    request(
      headers["sec-websocket-protocol"]?.split(",") ?? [],
      headers["origin"],
      random.pick(OpeningHandshake.versions)
    )
    const expected = { accept, protocols: ["chat", "superchat"], extensions: [PerMessageDeflate.offer(wanted)] }
    const agreement = ClientHandshake.readResponse({ status: Number(firstLine), headers }, expected)
    if (Result.isFailure(agreement)) return [agreement.failure._tag]

    const { extensions, protocol } = agreement.success
    ok(protocol === undefined || expected.protocols.includes(protocol))
    ok(extensions.every(({ name }) => name === PerMessageDeflate.name))
    const deflate = PerMessageDeflate.readResponse(extensions, wanted)
    if (Result.isFailure(deflate)) return ["agreed", "not on compression"]
    return ["agreed", `${protocol}`, `${deflate.success !== undefined}`]
  }
}
