/**
 * The client's opening handshake over Node, redirects included (RFC 6455 §4.1).
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type { Duplex } from "node:stream"
import * as ClientHandshake from "../protocol/ClientHandshake.ts"
import * as OpeningHandshake from "../protocol/OpeningHandshake.ts"
import * as PerMessageDeflate from "../protocol/PerMessageDeflate.ts"
import * as Subprotocol from "../protocol/Subprotocol.ts"
import * as NodeDial from "../transport/NodeDial.ts"
import { crypto } from "../transport/NodeModules.ts"
import { acceptValue } from "../transport/NodeUpgrade.ts"
import * as WebSocketError from "../WebSocketError.ts"
import * as Address from "./Address.ts"
import { Dialer } from "./Dialer.ts"
import type { HandshakeOptions } from "./HandshakeOptions.ts"

/**
 * What came of the handshake.
 *
 * @category models
 * @since 0.1.0
 */
export interface Opened extends ClientHandshake.Agreement {
  /** The parameters of permessage-deflate, if it was agreed on. */
  readonly compression: PerMessageDeflate.Params | undefined
  readonly socket: Duplex
  readonly head: Uint8Array
}

/**
 * Performs the handshake, and offers permessage-deflate if `deflate` is given. `onSocket` is told of a socket at once, so
 * that it can be dropped if what follows fails.
 *
 * @category handshake
 * @since 0.1.0
 */
export const perform = (
  address: Address.Address,
  options: HandshakeOptions,
  deflate: PerMessageDeflate.Options | undefined,
  onSocket: (socket: Duplex) => void
): Effect.Effect<Opened, WebSocketError.WebSocketError> => {
  const problem = misuse(options)
  if (problem !== undefined) return Effect.fail(WebSocketError.fromUsage(problem))
  const credentials = address.credentials === undefined ? [] : [basic(address.credentials)]
  const further = [...credentials, ...Object.entries(options.headers ?? {})]
  return follow({ address, options, deflate, further, redirects: options.maxRedirects ?? 0, onSocket })
}

interface Attempt {
  readonly address: Address.Address
  readonly options: HandshakeOptions
  readonly deflate: PerMessageDeflate.Options | undefined
  readonly further: ReadonlyArray<OpeningHandshake.Field>
  readonly redirects: number
  readonly onSocket: (socket: Duplex) => void
}

const misuse = ({ headers = {}, origin = "", protocols = [] }: HandshakeOptions): string | undefined => {
  const wrong = protocols.find((name) => !Subprotocol.isValid(name))
  if (wrong !== undefined) return `${JSON.stringify(wrong)} is not a subprotocol: a token is (RFC 6455 §4.1)`
  if (new Set(protocols).size < protocols.length) return "a subprotocol is offered once only (RFC 6455 §4.1)"
  const head = OpeningHandshake.formatHead("", [...Object.entries(headers), ["Origin", origin]])
  return Result.isFailure(head) ? head.failure.message : undefined
}

const basic = (credentials: string): OpeningHandshake.Field => [
  "Authorization",
  `Basic ${Buffer.from(credentials).toString("base64")}`
]

/** One request, and those that its answers redirect to. */
const follow = (attempt: Attempt): Effect.Effect<Opened, WebSocketError.WebSocketError> =>
  Effect.suspend(() => {
    const { address, deflate, further, options } = attempt
    const { origin, protocols = [], version = 13 } = options
    const key = crypto.randomBytes(16).toString("base64")
    const extensions = deflate === undefined ? [] : [PerMessageDeflate.offer(deflate)]
    const fields = ClientHandshake.requestHeaders({ key, version, protocols, extensions, origin })
    const target = { ...address, headers: [...further, ...fields], agent: options.agent, tls: options.tls }
    const expected = { accept: acceptValue(key), protocols, extensions }
    return request(target, attempt.onSocket).pipe(
      Effect.mapError(WebSocketError.fromTransport),
      Effect.flatMap((answer) =>
        isRedirect(answer) ? redirect(attempt, answer) : judge(answer, expected, deflate ?? {})
      )
    )
  })

/** Sends the request, on a stream of the dialer's if there is one. */
const request = (
  target: Omit<NodeDial.Target, "stream">,
  onSocket: (socket: Duplex) => void
): Effect.Effect<NodeDial.Answer, unknown> =>
  Effect.flatMap(Dialer, (dial) => {
    if (dial === undefined) return NodeDial.dial({ ...target, stream: undefined }, onSocket)
    return dial(target).pipe(
      Effect.onExit((exit) => Effect.sync(() => Exit.isSuccess(exit) ? onSocket(exit.value) : undefined)),
      Effect.flatMap((stream) =>
        stream.readable && stream.writable
          ? NodeDial.dial({ ...target, stream }, onSocket)
          : Effect.fail(overOf(stream))
      )
    )
  })

/** Why a stream is of no use, also if one direction of it is over: Node would wait for an answer. */
const overOf = ({ errored }: Duplex): Error => errored ?? new Error("the stream to the server is over")

const isRedirect = ({ headers, status }: NodeDial.Answer): boolean =>
  status >= 300 && status < 400 && headers["location"] !== undefined

const redirect = (attempt: Attempt, answer: NodeDial.Answer): Effect.Effect<Opened, WebSocketError.WebSocketError> => {
  if (attempt.redirects === 0) {
    return refused("the server redirects, and redirects are not (or no longer) followed", answer)
  }
  const next = destination(answer.headers["location"], attempt.address)
  if (Result.isFailure(next)) return refused(`the server redirects to where no WebSocket is: ${next.failure}`, answer)
  const keep = Address.keepsCredentials(attempt.address, next.success)
  const further = keep ? attempt.further : attempt.further.filter(([name]) => !isSecret(name))
  return follow({ ...attempt, address: next.success, further, redirects: attempt.redirects - 1 })
}

/** A server does not choose among the Unix sockets of the client's machine. */
const destination = (location: string, from: Address.Address): Result.Result<Address.Address, string> => {
  const url = URL.parse(location, from.url.href)
  const to = url === null ? Result.fail("it is not a URL") : Address.parse(url)
  return Result.filterOrFail(to, ({ socketPath }) => socketPath === undefined, () => "it is a Unix socket")
}

/** What is meant for one host only. */
const isSecret = (name: string): boolean => /^(authorization|proxy-authorization|cookie|host)$/i.test(name)

/** Whether the answer opens a connection (RFC 6455 §4.1). */
const judge = (
  answer: NodeDial.Answer,
  expected: ClientHandshake.Expected,
  deflate: PerMessageDeflate.Options
): Effect.Effect<Opened, WebSocketError.WebSocketError> => {
  const agreement = ClientHandshake.readResponse(answer, expected)
  if (Result.isFailure(agreement)) return refused(agreement.failure.message, answer)
  const compression = PerMessageDeflate.readResponse(agreement.success.extensions, deflate)
  if (Result.isFailure(compression)) return refused(compression.failure, answer)
  if (answer.socket === undefined) return refused("the server sent 101 without an upgrade (RFC 6455 §4.1)", answer)
  const { head, socket } = answer
  return Effect.succeed({ ...agreement.success, compression: compression.success, socket, head })
}

const refused = (message: string, { body, headers, status }: NodeDial.Answer) =>
  Effect.fail(
    new WebSocketError.WebSocketError({
      reason: new WebSocketError.HandshakeError({ message, status, headers, body })
    })
  )
