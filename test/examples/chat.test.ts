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

const say = async (page: Page, text: string) => {
  await page.fill("#text", text)
  await page.press("#text", "Enter")
}

const count = (page: Page, members: number) => page.waitForSelector(`#count:text-is("${members}")`)

const sees = (page: Page, text: string) => page.waitForSelector(`.said p:text-is(${JSON.stringify(text)})`)

/** For those who want to see it: `SCREENSHOTS=folder`. */
const takePictures = async (ada: Page, grace: Page) => {
  await ada.setViewportSize({ width: 1080, height: 680 })
  const talk = [[grace, "How does the room work?"], [ada, "It is a PubSub. Each of us is a scope."]] as const
  for (const [page, text] of talk) await say(page, text)
  await say(grace, "And when I close the window?")
  await say(grace, "Do I just disappear?")
  await sees(ada, "Do I just disappear?")
  await say(ada, "Your scope ends, its finalizer tells everybody, and nothing is left behind.")
  await sees(ada, "Your scope ends, its finalizer tells everybody, and nothing is left behind.")
  for (const colorScheme of ["light", "dark"] as const) {
    await ada.emulateMedia({ colorScheme })
    await ada.screenshot({ path: `${process.env["SCREENSHOTS"]}/chat-${colorScheme}.png` })
  }
  await ada.setViewportSize({ width: 400, height: 740 })
  await ada.screenshot({ path: `${process.env["SCREENSHOTS"]}/chat-narrow.png` })
}

describe.runIf(canRun)("the chat in a browser", () => {
  let browser: Browser
  let demo: Awaited<ReturnType<typeof Demo.start>>

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args })
    demo = await Demo.start()
  })
  afterAll(async () => {
    await browser.close()
    await Demo.stop(demo.child)
  })

  const enter = async (name: string): Promise<Page> => {
    const page = await (await browser.newContext()).newPage()
    await page.goto(demo.url)
    await page.fill("#name", name)
    await page.press("#name", "Enter")
    await page.waitForSelector("[data-state=open]")
    return page
  }

  it("has two people talk, shows who is here, and measures", async () => {
    const ada = await enter("Ada")
    const grace = await enter("Grace")
    await Promise.all([ada, grace].map((page) => count(page, 2)))
    await say(ada, "Hello, Grace")
    await say(grace, "<b>Hello</b>, Ada")
    for (const page of [ada, grace]) {
      await sees(page, "Hello, Grace")
      await sees(page, "<b>Hello</b>, Ada")
    }
    await ada.waitForSelector("#roundtrip:text-matches(\"[0-9.]+ ms\")")
    await ada.waitForSelector(".graph polyline[points]", { state: "attached" })

    await grace.close()
    await count(ada, 1)
    const again = await enter("Grace")
    await count(ada, 2)
    await again.reload()
    await again.waitForSelector("[data-state=open]")
    await Promise.all([ada, again].map((page) => count(page, 2)))

    const terminal = Demo.run("client.ts", [`${demo.url.replace("http", "ws")}/chat?name=Terminal`])
    await Demo.printed(terminal, /here: .*Terminal/)
    terminal.stdin?.write("Hello from a terminal\n")
    await sees(ada, "Hello from a terminal")
    await Demo.stop(terminal)
    await count(ada, 2)

    if (process.env["SCREENSHOTS"] !== undefined) await takePictures(ada, again)

    const port = Number(new URL(demo.url).port)
    expect(await Demo.stop(demo.child)).toBe(130)
    await ada.waitForSelector("[data-state=closed]")
    expect(await ada.textContent("#state")).toContain("the server went away")
    demo = await Demo.start(port)
    await Promise.all([ada, again].map((page) => page.waitForSelector("[data-state=open]")))
    await Promise.all([ada, again].map((page) => count(page, 2)))
  })
})
