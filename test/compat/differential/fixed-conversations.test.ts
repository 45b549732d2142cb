import { scripts as closing } from "./fixed/closing.ts"
import { scripts as compression } from "./fixed/compression.ts"
import { scripts as sending } from "./fixed/sending.ts"
import * as Suite from "./Suite.ts"

Suite.fixed("sending", sending)
Suite.fixed("closing", closing)
Suite.fixed("compression", compression)
