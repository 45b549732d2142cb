import { scripts as listeners } from "./fixed/listeners.ts"
import { scripts as receiving } from "./fixed/receiving.ts"
import { scripts as streams } from "./fixed/streams.ts"
import * as Suite from "./Suite.ts"

Suite.fixed("listeners", listeners)
Suite.fixed("receiving", receiving)
Suite.fixed("streams", streams)
