import { defineConfig } from "vitest/config"

export default defineConfig({
  resolve: { conditions: ["effect-ws-source", "node", "import", "default"] },
  ssr: { resolve: { conditions: ["effect-ws-source", "node", "import", "default"] } },
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    maxConcurrency: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000
  }
})
