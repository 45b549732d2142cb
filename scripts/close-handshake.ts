/** Prints the closing handshake's table as the Mermaid diagram that `src/README.md` shows. */
import * as CloseHandshake from "../src/protocol/CloseHandshake.ts"

console.log(CloseHandshake.diagram())
