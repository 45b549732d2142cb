import { globSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import * as Layers from "./Layers.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

const sources = Object.fromEntries(
  globSync("src/**/*.ts", { cwd: root }).map((file) => [
    file.replaceAll("\\", "/"),
    readFileSync(`${root}/${file}`, "utf8")
  ])
)

describe("the layers of src", () => {
  it("only import what lies below them, without circles", () => {
    expect(Object.keys(sources)).not.toEqual([])
    expect(Layers.faults(sources)).toEqual([])
  })
})

describe("the check of the layers", () => {
  const refused = [
    ["src/protocol/Frame.ts", "import * as Effect from \"effect/Effect\"", "must not import effect/Effect"],
    ["src/protocol/Frame.ts", "import type { Socket } from \"node:net\"", "must not import node:net"],
    ["src/protocol/Frame.ts", "export * from \"../transport/A.ts\"", "must not import src/transport/A.ts"],
    ["src/transport/A.ts", "import type { Connection } from \"../Connection.ts\"", "must not import src/Connection.ts"],
    ["src/transport/A.ts", "import { Effect } from \"effect\"", "must not import effect"],
    ["src/Hub.ts", "import { Socket } from \"node:net\"", "must not import node:net"],
    ["src/Hub.ts", "import { type Socket } from \"node:net\"", "must not import node:net"],
    ["src/Hub.ts", "const net = await import(\"node:net\")", "must not import node:net"],
    ["src/Hub.ts", "const net = require(\"node:net\")", "must not import node:net"],
    ["src/Hub.ts", "type A = import(\"./compat/WebSocket.ts\").A", "must not import src/compat/WebSocket.ts"],
    ["src/server/NodeA.ts", "export { a } from \"../compat/A.ts\"", "must not import src/compat/A.ts"],
    ["src/connection/Driver.ts", "import * as A from \"./A\"", "./A must end in .ts"],
    ["src/Hub.ts", "import * as Hub from \"./Hub.ts\"", "imports itself: src/Hub.ts > src/Hub.ts"],
    ["src/Hub.ts", "// @ts-ignore\nexport const a: string = 1", "silences the compiler"],
    ["src/misc/A.ts", "export const a = 1", "belongs to no layer"]
  ] as const

  it.for(refused)("refuses in %s: %s", ([file, source, fault]) => {
    expect(Layers.faults({ [file]: source })).toContainEqual(expect.stringContaining(fault))
  })

  const allowed = [
    ["src/protocol/Frame.ts", "import * as Data from \"effect/Data\"\nimport * as A from \"./A.ts\""],
    ["src/transport/A.ts", "import * as Net from \"node:net\"\nimport bufferutil from \"bufferutil\""],
    ["src/Hub.ts", "import type { Socket } from \"node:net\"\nimport * as Driver from \"./connection/Driver.ts\""],
    ["src/NodeHub.ts", "import * as Net from \"node:net\"\nimport * as NodeSocket from \"@effect/platform-node\""],
    ["src/compat/A.ts", "import * as Net from \"node:net\"\nimport * as Hub from \"../Hub.ts\""],
    ["src/Hub.ts", "/** `import \"node:net\"` */\nexport const text = \"import 'node:net'\""]
  ] as const

  it.for(allowed)("allows in %s: %s", ([file, source]) => {
    expect(Layers.faults({ [file]: source })).toEqual([])
  })

  it("finds a circle over several files", () => {
    const circle = {
      "src/A.ts": "import * as B from \"./B.ts\"",
      "src/B.ts": "import type * as C from \"./connection/C.ts\"",
      "src/connection/C.ts": "import * as A from \"../A.ts\""
    }
    expect(Layers.faults(circle)).toEqual([
      "src/A.ts: imports itself: src/A.ts > src/B.ts > src/connection/C.ts > src/A.ts"
    ])
  })
})
