/** All kinds of scripts that are generated. */
import type * as fc from "fast-check"
import type { Script } from "../Script.ts"
import * as Conversations from "./conversations.ts"
import * as Frames from "./frames.ts"
import * as Handshakes from "./handshakes.ts"
import * as Listening from "./listening.ts"
import * as Streaming from "./streaming.ts"

export const kinds = {
  talks: Conversations.talks,
  endings: Conversations.endings,
  beginnings: Conversations.beginnings,
  framesToServer: Frames.toServer,
  framesToClient: Frames.toClient,
  requests: Handshakes.requests,
  answers: Handshakes.answers,
  agreements: Handshakes.agreements,
  listeners: Listening.listens,
  streams: Streaming.streams
} satisfies { readonly [kind: string]: fc.Arbitrary<Script> }

export type Kind = keyof typeof kinds
