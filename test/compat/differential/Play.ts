/** Plays a script, and gives the record of what was seen. */
import type { Server } from "node:http"
import type { WebSocket } from "ws"
import * as Calm from "./Calm.ts"
import * as Digest from "./Digest.ts"
import type { Implementation } from "./Implementation.ts"
import { Journal, type Record, type Side } from "./Journal.ts"
import { Network } from "./Network.ts"
import * as Perform from "./Perform.ts"
import { Raw } from "./Raw.ts"
import * as Script from "./Script.ts"
import { Stage } from "./Stage.ts"
import * as Watch from "./Watch.ts"

/** What is played with. */
export interface Sides {
  readonly server: Implementation
  readonly client: Implementation
}

/** Who is played by our own raw peer. */
export const rawSide = (script: Script.Script): Side | undefined => {
  if (Script.asks(script, "raw", "connect")) return "client"
  return Script.asks(script, "raw", "listen") ? "server" : undefined
}

/** Steps that are taken before there is a client. */
const isPreparation = ([actor, [method] = [""]]: Script.Step): boolean =>
  actor === "wss" || ["listen", "secure", "cut"].includes(method)

/** What scripts need not say: that there is a server, and a client. */
const complete = (script: Script.Script): ReadonlyArray<Script.Step> => {
  const raw = rawSide(script)
  const server = raw !== "server" && !Script.asks(script, "wss", "new") ? [Script.wss(["new"])] : []
  const hasClient = raw === "client" || script.clientless === true || Script.asks(script, "client", "new")
  const found = script.steps.findIndex((step) => !isPreparation(step))
  const prepared = found < 0 ? script.steps.length : found
  const client = hasClient ? [] : [Script.client(["new"])]
  return [...server, ...script.steps.slice(0, prepared), ...client, ...script.steps.slice(prepared)]
}

/** Lets everything happen that follows from a step. */
const settle = async ({ journal, network }: Stage): Promise<void> => {
  do {
    if (!await Calm.come(() => journal.events)) return journal.note("process", `finds no rest: ${Calm.explain()}`)
  } while (network.deliver())
  network.flush()
  journal.endStep()
}

const patience = 3000

const waitFor = async (stage: Stage, [actor, event, count]: ReadonlyArray<unknown>): Promise<void> => {
  const giveUp = performance.now() + patience
  while (stage.journal.counted(String(actor), String(event)) < Number(count)) {
    if (performance.now() > giveUp) return stage.note(String(actor), `had no ${String(event)} in time`)
    await new Promise((resolve) => setTimeout(resolve, 1))
    await settle(stage)
  }
}

const step = async (stage: Stage, action: Script.Step): Promise<void> => {
  stage.journal.begin(Script.showStep(action))
  if (action[0] === "await") await waitFor(stage, action[1] as ReadonlyArray<unknown>)
  else Perform.take(stage, action)
  await settle(stage)
  stage.locate()
}

const webSockets = (stage: Stage): ReadonlyArray<string> =>
  [...stage.targets.keys()].filter((name) => /^(client|server)\d*$/.test(name))

const servers = (stage: Stage): ReadonlyArray<string> => ["wss", "wss2"].filter((name) => stage.targets.has(name))

/** In the end all that is left is closed, and is seen off. */
const finish = async (stage: Stage): Promise<void> => {
  stage.network.release()
  stage.network.flow()
  await settle(stage)
  for (const name of webSockets(stage)) await step(stage, [name, ["terminate"]])
  for (const name of servers(stage)) await step(stage, [name, ["close", Script.cb]])
  stage.journal.begin("the end")
  for (const name of webSockets(stage)) Watch.look(stage, name, stage.targets.get(name) as WebSocket)
  for (const [id, side] of stage.pending) stage.journal.note(side, `callback ${id} was not called`)
}

const clear = async (stage: Stage): Promise<void> => {
  stage.network.close()
  stage.raw.close()
  const http = stage.targets.get("http") as Server | undefined
  http?.removeAllListeners()
  http?.close()
  await Calm.clear()
}

/** Nothing else is to take exceptions while it plays. */
const catchAll = (journal: Journal): () => void => {
  const listeners = process.listeners("unhandledRejection")
  process.removeAllListeners("unhandledRejection")
  process.on("unhandledRejection", (reason) => journal.note("process", `unhandledRejection ${Digest.error(reason)}`))
  process.setUncaughtExceptionCaptureCallback((thrown) =>
    journal.note("process", `uncaughtException ${Digest.error(thrown)}`)
  )
  return () => {
    process.setUncaughtExceptionCaptureCallback(null)
    process.removeAllListeners("unhandledRejection")
    for (const listener of listeners) process.on("unhandledRejection", listener)
  }
}

const set = async (script: Script.Script, journal: Journal, { client, server }: Sides): Promise<Stage> => {
  const raw = new Raw(() => stage.network.port, (line) => journal.note("client", `raw: ${line}`))
  const stage = new Stage(journal, raw, server, client)
  const muted = rawSide(script)
  stage.network = await Network.make({
    journal,
    mute: new Set(muted === undefined ? [] : [muted]),
    keepMask: JSON.stringify(script).includes("generateMask"),
    secure: Script.asks(script, "network", "secure"),
    target: () => stage.serverPort
  })
  journal.alias(stage.network.port, "<port>")
  if (stage.network.isSecure) Calm.excuse(stage.network.port)
  stage.take = (action) => Perform.take(stage, action)
  return stage
}

const perform = async (stage: Stage, script: Script.Script, signal: AbortSignal | undefined): Promise<void> => {
  try {
    for (const action of complete(script)) {
      signal?.throwIfAborted()
      await step(stage, action)
    }
    await finish(stage)
  } catch (cut) {
    for (const name of servers(stage)) Perform.take(stage, [name, ["close"]])
    throw cut
  } finally {
    await clear(stage)
  }
}

/** Plays with these two. Only one can be played at a time. Whoever aborts it ends it before the next step. */
export const play = async (script: Script.Script, sides: Sides, signal?: AbortSignal): Promise<Record> => {
  signal?.throwIfAborted()
  const journal = new Journal()
  const restore = catchAll(journal)
  try {
    await perform(await set(script, journal, sides), script, signal)
  } finally {
    restore()
  }
  return journal.read()
}
