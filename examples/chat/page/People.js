/** Who is there, and how far away. */
import { avatar, byId, make } from "./Elements.js"

/** @typedef {import("../Protocol.ts").Person} Person */

/** @param {number | undefined} milliseconds */
export const formatRoundTrip = (milliseconds) =>
  milliseconds === undefined ? "–" : `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`

/** @param {Person} person @param {boolean} isMe */
const entryOf = (person, isMe) => {
  const name = make("span", { className: "name", textContent: person.name })
  const entry = make("li", {}, [avatar(person), name, make("span", { className: "round-trip" })])
  if (isMe) name.after(make("small", { textContent: "you" }))
  entry.dataset.id = person.id
  return entry
}

/** @param {ReadonlyArray<Person>} people @param {string | undefined} myId */
export const show = (people, myId) => {
  byId("count").textContent = people.length
  byId("people").replaceChildren(...people.map((person) => entryOf(person, person.id === myId)))
}

/** @param {Readonly<Record<string, number>>} roundTrips */
export const showRoundTrips = (roundTrips) => {
  for (const entry of byId("people").children) {
    entry.lastElementChild.textContent = formatRoundTrip(roundTrips[entry.dataset.id])
  }
}

/** Those of the first who are not among the others. @param {ReadonlyArray<Person>} people @param {ReadonlyArray<Person>} others */
export const without = (people, others) => people.filter(({ id }) => others.every((other) => other.id !== id))
