/** Functions and other live things that a script asks for, which are noted when they are called. */
import { Agent, type ClientRequest } from "node:http"
import * as Classes from "./Classes.ts"
import type { Description } from "./Data.ts"
import type { Side } from "./Journal.ts"
import type { Step } from "./Script.ts"
import { sideOf, type Stage } from "./Stage.ts"

type Function = (...args: Array<unknown>) => unknown

/** A function of an actor that is noted when it is called, and then takes steps. */
const noted = (stage: Stage, actor: string, label: string, steps: ReadonlyArray<Step> = []): Function =>
  function(this: unknown, ...args) {
    const self = this === undefined || this === stage.targets.get(actor) ? "" : " (with another this)"
    stage.note(actor, `: ${label}${self}`, args)
    stage.journal.within(() => steps.forEach((step) => stage.take(step)))
  }

const makeCallback = (stage: Stage, actor: string, steps: ReadonlyArray<Step> | undefined): Function => {
  const side: Side = sideOf(actor)
  const id = stage.newCallback(side)
  const call = noted(stage, actor, `callback ${id}`, steps)
  return function(this: unknown, ...args) {
    stage.pending.delete(id)
    return call(...args)
  }
}

const makeListener = (stage: Stage, actor: string, description: Description): object => {
  const name = `${actor} ${String(description.name)}`
  const known = stage.listeners.get(name)
  if (known !== undefined) return known
  const call = noted(stage, actor, `listener ${String(description.name)}`, description.steps as ReadonlyArray<Step>)
  const made = description.handleEvent ? { handleEvent: call } : call
  stage.listeners.set(name, made)
  stage.names.give(made, `listener ${String(description.name)}`)
  return made
}

interface Info {
  readonly origin: unknown
  readonly secure: unknown
  readonly req: unknown
}

/** Functions among the options. */
export const makers: { readonly [is: string]: (stage: Stage, actor: string, description: Description) => unknown } = {
  verifyClient: (stage, actor, { answer }) => (info: Info) => {
    stage.note(actor, ": verifyClient", [{ ...info }])
    return answer
  },
  verifyClientLater: (stage, actor, { answer }) => (info: Info, done: Function) => {
    stage.note(actor, ": verifyClient", [{ ...info }])
    setImmediate(done, ...(answer as ReadonlyArray<unknown>))
  },
  verifyClientBoth: (stage, actor, { answer }) => (_: Info, done: Function) => {
    stage.note(actor, ": verifyClient")
    done(...(answer as ReadonlyArray<unknown>))
  },
  handleProtocols: (stage, actor, { answer }) => (protocols: unknown, request: unknown) => {
    stage.note(actor, ": handleProtocols", [protocols, request])
    return answer
  },
  generateMask: (stage, actor, { hex }) => (mask: Buffer) => {
    stage.note(actor, ": generateMask", [mask.length])
    Buffer.from(String(hex), "hex").copy(mask)
  },
  finishRequest: (stage, actor, { fields, ends }) => (request: ClientRequest, socket: unknown) => {
    stage.note(actor, ": finishRequest", [request, socket])
    for (const [name, value] of Object.entries(fields ?? {})) request.setHeader(name, value)
    if (ends !== false) request.end()
  },
  lookup: (stage, actor) => (host: string, options: { readonly all?: boolean }, done: Function) => {
    stage.note(actor, ": lookup", [host])
    const address = { address: "127.0.0.1", family: 4 }
    setImmediate(() => options.all ? done(null, [address]) : done(null, address.address, 4))
  },
  agent: (stage, actor) => {
    class NotedAgent extends Agent {
      addRequest(request: unknown, options: unknown): void {
        stage.note(actor, ": the agent has", [request])
        ;(Agent.prototype as unknown as { addRequest: Function }).addRequest.call(this, request, options)
      }
    }
    return new NotedAgent()
  },
  class: (stage, actor, { name }) => Classes.webSocket(stage, actor, String(name)),
  port: (stage) => stage.serverPort,
  /** The one that clients are told of. */
  ownPort: (stage) => stage.network.port,
  error: (_stage, _actor, { message }) => new Error(String(message)),
  actor: (stage, _, { name }) => stage.targets.get(String(name)),
  callback: (stage, actor, { steps }) => makeCallback(stage, actor, steps as ReadonlyArray<Step> | undefined),
  listener: makeListener
}
