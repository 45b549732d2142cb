/** Plays a script in pairings, and tells how these differ from ws with ws. */
import * as Difference from "./Difference.ts"
import * as Implementation from "./Implementation.ts"
import type { Record } from "./Journal.ts"
import * as Play from "./Play.ts"
import * as Script from "./Script.ts"

export const play = async (
  script: Script.Script,
  pairing: Implementation.Pairing,
  signal?: AbortSignal
): Promise<Record> => {
  const server = await Implementation.load(pairing.server)
  const client = await Implementation.load(pairing.client)
  return Play.play(script, { server, client }, signal)
}

/** The pairings that are worth it: where our own peer is one side, only the other one changes. */
export const pairingsOf = (script: Script.Script): ReadonlyArray<Implementation.Pairing> => {
  if (!Implementation.compatExists) return [Implementation.reference]
  return Play.rawSide(script) === undefined ? Implementation.others : [{ server: "compat", client: "compat" }]
}

const command = "node --conditions=effect-ws-source test/compat/differential/main.ts"

/** A script and a difference, for whoever has to find out. */
export const report = (script: Script.Script, pairing: Implementation.Pairing, difference: string): string => {
  const name = Implementation.show(pairing)
  const json = JSON.stringify(script).replaceAll("'", "'\\''")
  const steps = script.steps.map((step, i) => `  ${i + 1}. ${Script.showStep(step)}`)
  return [
    `"${script.name}" with ${name} is not like ws-ws:`,
    ...steps,
    "",
    `- ws-ws, + ${name}`,
    difference,
    "",
    `${command} ${name} '${json}'`
  ].join("\n")
}

/** The first difference, or `undefined`. Without compat, ws is compared with itself, which has to be the same each time. */
export const compare = async (
  script: Script.Script,
  pairings = pairingsOf(script),
  signal?: AbortSignal
): Promise<string | undefined> => {
  const expected = await play(script, Implementation.reference, signal)
  for (const pairing of pairings) {
    const difference = Difference.find(script, expected, await play(script, pairing, signal))
    if (difference !== undefined) return report(script, pairing, difference)
  }
  return undefined
}
