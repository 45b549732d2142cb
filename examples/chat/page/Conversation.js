/** The log of what was said. */
import { avatar, byId, make } from "./Elements.js"

/** @typedef {Extract<import("../Protocol.ts").FromServer, { _tag: "Said" }>} Said */

const log = byId("log")
const mostEntries = 300
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" })

/** What is shown already: to those who come back, the server tells again what was said lately. */
const seen = new Set()

/** @param {HTMLElement} entry */
const append = (entry) => {
  log.append(entry)
  if (log.childElementCount > mostEntries) log.firstElementChild.remove()
}

/** @param {Said} message @param {boolean} isMine */
export const say = ({ at, by, id, text }, isMine) => {
  if (seen.has(id)) return
  seen.add(id)
  const date = new Date(at)
  const time = make("time", { dateTime: date.toISOString(), textContent: clock.format(date) })
  const author = make("p", { className: "by" }, [make("b", { textContent: by.name }), time])
  const bubble = make("div", { className: "bubble" }, [author, make("p", { className: "text", textContent: text })])
  const entry = make("li", { className: "said" }, [avatar(by), bubble])
  entry.classList.toggle("mine", isMine)
  entry.classList.toggle("follows", log.lastElementChild?.dataset.by === by.id)
  entry.dataset.by = by.id
  append(entry)
}

/** @param {string} text */
export const note = (text) => append(make("li", { className: "note", textContent: text }))
