import { defineConfig } from "vitest/config"

export default defineConfig({
  resolve: { conditions: ["effect-ws-source", "node", "import", "default"] },
  ssr: { resolve: { conditions: ["effect-ws-source", "node", "import", "default"] } },
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    maxConcurrency: 2,
    // So that nothing hangs; a busy machine may take its time
    testTimeout: 60_000,
    hookTimeout: 60_000
  }
})
