/** The demo as a visitor has it: a process, and pages in Chromium. */
import type { ChildProcess } from "node:child_process"
import { existsSync } from "node:fs"
import { type Browser, chromium, type Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Demo from "./Demo.ts"

const executablePath = "/usr/bin/chromium"

const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync"
]

/** Where there is no Chromium, CI fails and others skip. */
const canRun = existsSync(executablePath) || process.env["CI"] !== undefined

const isConnected = (page: Page) => page.waitForSelector("body[data-state=Open]")

const say = async (page: Page, text: string) => {
  await page.fill("#text", text)
  await page.press("#text", "Enter")
}

const sees = (page: Page, text: string) => page.waitForSelector(`.text:text-is(${JSON.stringify(text)})`)

const seesPeople = (page: Page, names: ReadonlyArray<string>) =>
  expect.poll(() => page.locator("#people .name").allTextContents(), { timeout: 10_000 }).toEqual(names)

const textsOf = (page: Page) => page.locator("#log .text").allTextContents()

describe.runIf(canRun)("the chat", () => {
  let browser: Browser
  let demo: Awaited<ReturnType<typeof Demo.start>>
  let ada: Page
  let grace: Page
  const mistakes: Array<string> = []

  const join = async (name: string): Promise<Page> => {
    const page = await (await browser.newContext()).newPage()
    page.on("pageerror", (error) => mistakes.push(error.message))
    await page.goto(demo.url)
    await page.fill("#name", name)
    await page.press("#name", "Enter")
    await isConnected(page)
    return page
  }

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args })
    demo = await Demo.start()
    ada = await join("Ada")
    grace = await join("Grace")
  })
  afterAll(async () => {
    await browser?.close()
    await Demo.stop(demo.child)
  })

  it("shows everybody who is here, and how far away", async () => {
    for (const page of [ada, grace]) {
      await seesPeople(page, ["Ada", "Grace"])
      await page.waitForSelector("#round-trip:text-matches(\"^[0-9.]+ ms$\")")
      await page.waitForSelector("#people li:nth-child(2) .round-trip:text-matches(\"^[0-9.]+ ms$\")")
    }
  })

  it("tells everybody what is said, as text and not as HTML", async () => {
    await say(ada, "Hello, Grace")
    await sees(grace, "Hello, Grace")
    await say(grace, "<b>Hello</b>, Ada")
    for (const page of [ada, grace]) {
      await sees(page, "<b>Hello</b>, Ada")
      expect(await textsOf(page)).toEqual(["Hello, Grace", "<b>Hello</b>, Ada"])
    }
    expect(await ada.locator(".mine .text").allTextContents()).toEqual(["Hello, Grace"])
    await expect.poll(() => ada.getAttribute("#rates .line", "d"), { timeout: 10_000 }).toMatch(/,(?!22)/)
  })

  it("tells everybody who leaves and comes back, and those what was said before", async () => {
    await grace.goto("about:blank")
    await seesPeople(ada, ["Ada"])
    await grace.goto(demo.url)
    await isConnected(grace)
    await seesPeople(ada, ["Ada", "Grace"])
    await sees(grace, "<b>Hello</b>, Ada")
    expect(await textsOf(grace)).toEqual(["Hello, Grace", "<b>Hello</b>, Ada"])
    expect(await ada.locator(".note").allTextContents()).toEqual(["Grace joined", "Grace left", "Grace joined"])
    await grace.reload()
    await isConnected(grace)
    await seesPeople(ada, ["Ada", "Grace"])
  })

  it("lets people join from a terminal", async () => {
    const terminal: ChildProcess = Demo.run("client.ts", [`${demo.url.replace("http", "ws")}/chat`, "Barbara"])
    const heard = Demo.printed(terminal, /Ada: Hello, Barbara/)
    await seesPeople(ada, ["Ada", "Grace", "Barbara"])
    terminal.stdin?.write("Hello from a terminal\n")
    for (const page of [ada, grace]) await sees(page, "Hello from a terminal")
    await say(ada, "Hello, Barbara")
    await heard
    terminal.stdin?.end()
    await seesPeople(ada, ["Ada", "Grace"])
  })

  it("says goodbye when it is stopped, and pages are back when it is", async () => {
    const before = await textsOf(ada)
    expect(await Demo.stop(demo.child)).toBe(130)
    for (const page of [ada, grace]) {
      await page.waitForSelector("body:not([data-state=Open])")
      expect(await page.isDisabled("#send")).toBe(true)
    }
    demo = await Demo.start(Number(new URL(demo.url).port))
    await Promise.all([ada, grace].map(isConnected))
    await say(grace, "Here we are again")
    await sees(ada, "Here we are again")
    expect(await textsOf(ada)).toEqual([...before, "Here we are again"])
    expect(mistakes).toEqual([])
  })
})
