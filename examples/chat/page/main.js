/** The page: joins the chat with a name, and stays in it. */
import * as Conversation from "./Conversation.js"
import { byId } from "./Elements.js"
import * as People from "./People.js"
import * as Reconnecting from "./Reconnecting.js"
import * as Sparkline from "./Sparkline.js"
import * as State from "./State.js"

/** @typedef {import("../Protocol.ts").FromServer} FromServer */
/** @typedef {import("../Protocol.ts").FromClient} FromClient */
/** @typedef {import("../Protocol.ts").Person} Person */

const rates = Sparkline.make(byId("rates"))

/** Who this page was, for as long as its tab lives: the last is who it is now. @type {Array<string>} */
const myIds = JSON.parse(sessionStorage.getItem("ids") ?? "[]")

/** @type {ReadonlyArray<Person> | undefined} */
let present

/** @param {FromServer} message */
const receive = (message) => {
  switch (message._tag) {
    case "Welcome":
      myIds.push(message.you.id)
      sessionStorage.setItem("ids", JSON.stringify(myIds))
      present = undefined
      return
    case "People":
      return receivePeople(message.people)
    case "Said":
      return Conversation.say(message, myIds.includes(message.by.id))
    case "Pulse":
      rates.push(message.messagesPerSecond)
      byId("rate").textContent = message.messagesPerSecond
      byId("round-trip").textContent = People.formatRoundTrip(message.roundTrips[myIds.at(-1) ?? ""])
      return People.showRoundTrips(message.roundTrips)
  }
}

/** @param {ReadonlyArray<Person>} people */
const receivePeople = (people) => {
  for (const { name } of People.without(people, present ?? people)) Conversation.note(`${name} joined`)
  for (const { name } of People.without(present ?? [], people)) Conversation.note(`${name} left`)
  present = people
  People.show(people, myIds.at(-1))
}

/** @param {string} name */
const join = (name) => {
  sessionStorage.setItem("name", name)
  byId("join").hidden = true
  byId("say").hidden = false
  byId("text").focus()

  const url = new URL("/chat", location.href)
  url.protocol = url.protocol.replace("http", "ws")
  url.searchParams.set("name", name)
  const connection = Reconnecting.connect(url, { onState: State.show, onMessage: (data) => receive(JSON.parse(data)) })

  onSubmit("say", (text) => {
    /** @type {FromClient} */
    const message = { _tag: "Say", text }
    connection.send(JSON.stringify(message))
  })
}

/** @param {string} id @param {(text: string) => void} take */
const onSubmit = (id, take) => {
  const form = byId(id)
  form.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault()
    const text = form.querySelector("input").value.trim()
    form.reset()
    if (text !== "") take(text)
  })
}

const name = sessionStorage.getItem("name")
onSubmit("join", join)
if (name !== null) join(name)
