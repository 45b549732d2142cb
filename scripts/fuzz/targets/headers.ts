/** Extensions and subprotocols: what is read can be written and read again, and compat reads the same, but for gaps. */
import * as Result from "effect/Result"
import { deepStrictEqual, ok } from "node:assert"
import * as CompatExtension from "../../../src/compat/Extension.ts"
import * as CompatSubprotocol from "../../../src/compat/Subprotocol.ts"
import * as Extension from "../../../src/protocol/Extension.ts"
import * as HeaderSyntax from "../../../src/protocol/HeaderSyntax.ts"
import * as Subprotocol from "../../../src/protocol/Subprotocol.ts"
import type { Target, Trace } from "../Target.ts"
import * as Words from "../Words.ts"

/** What compat reads; ws throws nothing but a `SyntaxError`. Of what can be read it refuses only what has gaps. */
const compatReads = <A>(header: string, read: (header: string) => A, isMalformed: boolean): A | undefined => {
  try {
    const value = read(header)
    ok(!isMalformed)
    return value
  } catch (error) {
    ok(error instanceof SyntaxError)
    ok(isMalformed || /[ \t]|^,|,,|,$/.test(header))
    return undefined
  }
}

const extensions = (header: string): Trace => {
  const read = Extension.parse(header)
  const offers = compatReads(header, CompatExtension.parse, Result.isFailure(read))
  if (Result.isFailure(read)) return ["malformed extensions"]
  const written = Extension.format(read.success)
  deepStrictEqual(Result.getOrThrow(Extension.parse(written)), read.success)
  for (const { name, params } of read.success) {
    ok(HeaderSyntax.isToken(name))
    ok(params.every(([name, value]) => HeaderSyntax.isToken(name) && (value === true || HeaderSyntax.isToken(value))))
  }
  if (offers !== undefined) deepStrictEqual(CompatExtension.parse(CompatExtension.format(offers)), offers)
  const values = read.success.flatMap(({ params }) => params.map(([, value]) => value === true ? "flag" : "value"))
  return [`${Math.min(read.success.length, 3)} extensions`, ...values.slice(0, 3)]
}

const subprotocols = (header: string): Trace => {
  const read = Subprotocol.parse(header)
  const names = compatReads(header, CompatSubprotocol.parse, Result.isFailure(read))
  if (Result.isFailure(read)) return [read.failure.replace(/\d+/, "")]
  if (names !== undefined) deepStrictEqual([...names], read.success)
  ok(read.success.every(Subprotocol.isValid))
  deepStrictEqual(Result.getOrThrow(Subprotocol.parse(read.success.join(", "))), read.success)
  return [`${Math.min(read.success.length, 3)} subprotocols`]
}

export const target: Target = {
  name: "headers",
  seeds: ["permessage-deflate; client_max_window_bits=\"10\"; a, b; c=d", "chat, superchat", "foo;bar=1;bar=2,,x"].map(
    Words.contentOf
  ),
  mutate: Words.mutateWith(["__proto__", "constructor", "a=\"b\"", "\"\\a\"", "x;y=z", "a, b"]),
  run: ({ content }) => {
    const header = Words.textOf(content)
    return [...extensions(header), ...subprotocols(header)]
  }
}
