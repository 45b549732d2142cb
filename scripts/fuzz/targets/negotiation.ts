/** permessage-deflate: what a server accepts is what was offered and what it wants, and a client agrees. */
import * as Result from "effect/Result"
import { deepStrictEqual, ok } from "node:assert"
import * as Extension from "../../../src/protocol/Extension.ts"
import * as PerMessageDeflate from "../../../src/protocol/PerMessageDeflate.ts"
import { Random } from "../Random.ts"
import type { Target, Trace } from "../Target.ts"
import * as Words from "../Words.ts"

const flags = [undefined, true, false]
const bits = [undefined, true, false, 8, 9, 10, 12, 15]

const optionsOf = (random: Random): PerMessageDeflate.Options => ({
  serverNoContextTakeover: random.pick(flags),
  clientNoContextTakeover: random.pick(flags),
  serverMaxWindowBits: random.pick(bits),
  clientMaxWindowBits: random.pick(bits)
})

const isInRange = (bits: number): boolean => Number.isInteger(bits) && bits >= 8 && bits <= 15

const checkParams = (params: PerMessageDeflate.Params, options: PerMessageDeflate.Options): void => {
  ok(isInRange(params.serverMaxWindowBits) && isInRange(params.clientMaxWindowBits))
  const { clientMaxWindowBits: theirs, clientNoContextTakeover, serverMaxWindowBits: ours } = options
  ok(clientNoContextTakeover !== true || params.clientNoContextTakeover)
  ok(
    options.serverNoContextTakeover === undefined || options.serverNoContextTakeover === params.serverNoContextTakeover
  )
  ok(typeof ours !== "number" || params.serverMaxWindowBits <= ours)
  ok(typeof theirs !== "number" || params.clientMaxWindowBits <= theirs)
}

/** Which rule it is that was broken. */
const sectionOf = (failure: string): string => /§[\d.]+/.exec(failure)?.[0] ?? failure

/** A server's answer to whatever a client may offer. */
const answer = (offers: ReadonlyArray<Extension.Extension>, options: PerMessageDeflate.Options): Trace => {
  const accepted = PerMessageDeflate.accept(offers, options)
  if (Result.isFailure(accepted)) {
    ok(PerMessageDeflate.malformed(offers) !== undefined)
    return [sectionOf(accepted.failure)]
  }
  if (accepted.success === undefined) return ["declined"]
  const { params, response } = accepted.success
  checkParams(params, options)
  const again = Result.getOrThrow(Extension.parse(Extension.format([response])))
  deepStrictEqual(again, [response])
  return [response.params.map(([name]) => name).toSorted().join(" ")]
}

/** Our own client and server: they agree on the same, but for what a client does anyway: it may do with less. */
const agree = (client: PerMessageDeflate.Options, server: PerMessageDeflate.Options): Trace => {
  const accepted = Result.getOrThrow(PerMessageDeflate.accept([PerMessageDeflate.offer(client)], server))
  if (accepted === undefined) return ["no agreement"]
  const read = PerMessageDeflate.readResponse([accepted.response], client)
  if (Result.isFailure(read)) return [sectionOf(read.failure)]
  ok(read.success !== undefined)
  const { clientMaxWindowBits: ours, clientNoContextTakeover: forgets, ...servers } = read.success
  const { clientMaxWindowBits, clientNoContextTakeover, ...params } = accepted.params
  deepStrictEqual(servers, params)
  ok(ours <= clientMaxWindowBits && (forgets || !clientNoContextTakeover))
  return ["agreement"]
}

export const target: Target = {
  name: "negotiation",
  seeds: [
    "permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate",
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits=\"8\""
  ].map(Words.contentOf),
  mutate: Words.mutateWith([
    "permessage-deflate",
    "; server_no_context_takeover",
    "; client_no_context_takeover",
    "; server_max_window_bits=9",
    "; client_max_window_bits",
    "; client_max_window_bits=15",
    "08",
    "16",
    "7",
    "1e1",
    ", permessage-deflate"
  ]),
  run: ({ choice, content }) => {
    const random = new Random(choice)
    const [client, server] = [optionsOf(random), optionsOf(random)]
    const offers = Extension.parse(Words.textOf(content))
    const own = agree(client, server)
    if (Result.isFailure(offers)) return [...own, "malformed"]
    const response = PerMessageDeflate.readResponse(offers.success, client)
    if (Result.isSuccess(response) && response.success !== undefined) {
      ok(isInRange(response.success.serverMaxWindowBits) && isInRange(response.success.clientMaxWindowBits))
    }
    return [
      ...own,
      ...answer(offers.success, server),
      Result.isSuccess(response) ? "read" : sectionOf(response.failure)
    ]
  }
}
