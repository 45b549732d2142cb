/** What `require` gives. */
import { WebSocket } from "./index.js"

export = WebSocket
