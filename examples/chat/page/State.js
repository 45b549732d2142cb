/** How it stands with the connection. */
import { byId } from "./Elements.js"

/** @typedef {import("./Reconnecting.js").State} State */

/** @param {State} state */
const describe = (state) => {
  switch (state._tag) {
    case "Connecting":
      return "Connecting…"
    case "Open":
      return "Connected"
    case "Waiting":
      return `Closed (${state.code}), reconnecting…`
  }
}

/** @param {State} state */
export const show = (state) => {
  const shown = byId("state")
  shown.lastElementChild.textContent = describe(state)
  document.body.dataset.state = state._tag
  byId("send").disabled = state._tag !== "Open"
}
