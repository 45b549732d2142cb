import { readFileSync } from "node:fs"
import { createServer } from "node:http"

const file = (name: string) => readFileSync(new URL(`page/${name}`, import.meta.url))

const pages: Readonly<Record<string, { readonly type: string; readonly body: Buffer }>> = {
  "/": { type: "text/html; charset=utf-8", body: file("index.html") },
  "/chat.css": { type: "text/css; charset=utf-8", body: file("chat.css") },
  "/chat.js": { type: "text/javascript; charset=utf-8", body: file("chat.js") }
}

const headers = { "Content-Security-Policy": "default-src 'self'; connect-src 'self' ws: wss:" }

/** The web site that the chat's page is on. */
export const make = () =>
  createServer((request, response) => {
    const page = pages[request.url?.split("?")[0] ?? ""]
    if (page === undefined) response.writeHead(404).end("not found")
    else response.writeHead(200, { ...headers, "Content-Type": page.type }).end(page.body)
  })
