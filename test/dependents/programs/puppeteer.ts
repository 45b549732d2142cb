import { launch } from "puppeteer-core"

export const run = async () => {
  const browser = await launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] })
  const page = await browser.newPage()
  await page.setContent("<title>Hello</title><h1>from a page</h1>")
  const result = [await page.title(), await page.evaluate("document.querySelector('h1').textContent")]
  const picture = await page.screenshot()
  await browser.close()
  return [...result, picture.length > 1000]
}

export const expected = ["Hello", "from a page", true]
