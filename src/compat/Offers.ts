/**
 * What a client offers a server, read as ws reads it.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Extension from "../protocol/Extension.ts"
import * as PerMessageDeflate from "../protocol/PerMessageDeflate.ts"
import * as Subprotocol from "../protocol/Subprotocol.ts"
import * as HeaderList from "./HeaderList.ts"
import * as Options from "./Options.ts"

/**
 * Whether it is a `Sec-WebSocket-Key`: 16 octets in base64 (RFC 6455 §4.1).
 *
 * @category guards
 * @since 0.1.0
 */
export const isKey = (key: string): boolean => /^[+/0-9A-Za-z]{22}==$/.test(key)

/**
 * The subprotocols of a header, or `undefined` if it is malformed.
 *
 * @category handshake
 * @since 0.1.0
 */
export const protocolsOf = (header: string | undefined): Set<string> | undefined => {
  if (header === undefined) return new Set()
  const protocols = HeaderList.read(header, Subprotocol.parse)
  return Result.isFailure(protocols) ? undefined : new Set(protocols.success)
}

/**
 * How messages are to be compressed; a failure if what is offered cannot be accepted, `undefined` if nothing is.
 *
 * @category handshake
 * @since 0.1.0
 */
export const chooseDeflate = (
  header: string | undefined,
  given: boolean | Options.PerMessageDeflateOptions
): Result.Result<PerMessageDeflate.Acceptance | undefined, unknown> => {
  const compression = Options.compression(given)
  if (compression === undefined || header === undefined) return Result.succeed(undefined)
  const offers = HeaderList.read(header, Extension.parse)
  if (Result.isFailure(offers)) return Result.fail("malformed")
  if (!offers.success.some(({ name }) => name === PerMessageDeflate.name)) return Result.succeed(undefined)
  const problem = PerMessageDeflate.malformed(offers.success)
  if (problem !== undefined) return Result.fail(problem)
  const acceptance = PerMessageDeflate.accept(offers.success, compression.negotiation)
  return Result.filterOrFail(acceptance, (accepted) => accepted !== undefined, () => undefined)
}
