/** All scripts that are written by hand. */
import { scripts as closing } from "./closing.ts"
import { scripts as compression } from "./compression.ts"
import { scripts as handshake } from "./handshake.ts"
import { scripts as listeners } from "./listeners.ts"
import { scripts as receiving } from "./receiving.ts"
import { scripts as refusals } from "./refusals.ts"
import { scripts as sending } from "./sending.ts"
import { scripts as server } from "./server.ts"
import { scripts as streams } from "./streams.ts"

export const scripts = [closing, compression, handshake, listeners, receiving, refusals, sending, server, streams]
  .flat()
