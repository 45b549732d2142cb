import { scripts as handshake } from "./fixed/handshake.ts"
import { scripts as refusals } from "./fixed/refusals.ts"
import { scripts as server } from "./fixed/server.ts"
import * as Suite from "./Suite.ts"

Suite.fixed("handshake", handshake)
Suite.fixed("refusals", refusals)
Suite.fixed("server", server)
