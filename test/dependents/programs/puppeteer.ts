import { connect, launch } from "puppeteer-core"

const signature = [0x89, 0x50, 0x4e, 0x47]

export const run = async () => {
  const browser = await launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] })
  const page = await browser.newPage()
  await page.setContent("<title>Hello</title><h1>from a page</h1>")
  const title = await page.title()
  const text = await page.evaluate("document.querySelector('h1').textContent")
  const { length } = await page.evaluate((text) => text + text, "é".repeat(1_000_000))
  const picture = await page.screenshot()
  const other = await connect({ browserWSEndpoint: browser.wsEndpoint() })
  const titles = await Promise.all((await other.pages()).map((page) => page.title()))
  await other.disconnect()
  const disconnected = new Promise((resolve) => browser.once("disconnected", () => resolve(true)))
  await browser.close()
  return [title, text, length, [...picture.subarray(0, 4)], titles.includes("Hello"), await disconnected]
}

export const expected = ["Hello", "from a page", 2_000_000, signature, true, true]
export const users = ["puppeteer-core"]
