const $ = (id) => document.getElementById(id)

const app = $("app")
const log = $("log")
const text = $("text")
const rates = Array(60).fill(0)

let you = undefined
let socket = undefined
let attempts = 0
let last = undefined

// ---- what is shown ----

const element = (tag, className, content = "") => {
  const node = document.createElement(tag)
  node.className = className
  node.textContent = content
  return node
}

const face = ({ name }) => {
  const node = element("span", "face", name.slice(0, 1).toUpperCase())
  const hue = [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7)
  node.style.setProperty("--hue", hue)
  node.setAttribute("aria-hidden", "true")
  return node
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" })

const showState = (state, words) => {
  app.dataset.state = state
  $("state").textContent = words
  for (const field of $("say").elements) field.disabled = state !== "open"
  if (state === "open") text.focus()
}

const showSaid = ({ at, by, text }) => {
  const item = element("li", "said")
  const header = element("header", "")
  header.append(element("b", "", by.name), element("time", "", clock.format(at)))
  item.append(face(by), header, element("p", "", text))
  item.classList.toggle("mine", by.id === you?.id)
  item.classList.toggle("again", by.id === last?.by.id && at - last.at < 60_000)
  last = { at, by }
  log.append(item)
  while (log.children.length > 500) log.firstChild.remove()
  item.scrollIntoView({ block: "end" })
}

const showMembers = ({ members }) => {
  $("count").textContent = members.length
  $("members").replaceChildren(...members.map((member) => {
    const item = element("li", member.id === you?.id ? "you" : "")
    item.append(face(member), element("span", "", member.id === you?.id ? `${member.name} (you)` : member.name))
    return item
  }))
}

const showRate = ({ perSecond }) => {
  $("rate").textContent = perSecond
  rates.push(perSecond)
  rates.shift()
  const top = Math.max(4, ...rates)
  const points = rates.map((rate, i) => `${(i / 59) * 120},${26 - (rate / top) * 24}`)
  $("graph").firstElementChild.setAttribute("points", points.join(" "))
}

const showRoundTrip = ({ millis }) => {
  $("roundtrip").textContent = millis < 10 ? `${millis.toFixed(2)} ms` : `${Math.round(millis)} ms`
}

// ---- the conversation ----

const on = {
  Welcome: (event) => {
    you = event.you
  },
  Present: showMembers,
  Said: showSaid,
  Rate: showRate,
  RoundTrip: showRoundTrip
}

const reconnect = ({ code }) => {
  const wait = Math.min(8000, 250 * 2 ** attempts++) * (0.75 + Math.random() / 2)
  showState("closed", `${code === 1001 ? "the server went away" : "disconnected"}: reconnecting…`)
  showMembers({ members: [] })
  setTimeout(connect, wait)
}

const connect = () => {
  const url = new URL("chat", location.href.replace(/^http/, "ws"))
  url.search = new URLSearchParams({ name: sessionStorage.getItem("name") })
  socket = new WebSocket(url)
  socket.addEventListener("open", () => {
    attempts = 0
    showState("open", "connected")
  })
  socket.addEventListener("message", ({ data }) => {
    const event = JSON.parse(data)
    on[event._tag](event)
  })
  socket.addEventListener("close", reconnect)
}

$("say").addEventListener("submit", (event) => {
  event.preventDefault()
  if (text.value.trim() === "") return
  socket.send(JSON.stringify({ _tag: "Say", text: text.value }))
  text.value = ""
})

$("enter").addEventListener("submit", (event) => {
  event.preventDefault()
  const name = $("name").value.trim()
  if (name === "") return
  sessionStorage.setItem("name", name)
  $("welcome").hidden = true
  connect()
})

if (sessionStorage.getItem("name") === null) {
  $("welcome").hidden = false
  $("name").focus()
} else {
  connect()
}
