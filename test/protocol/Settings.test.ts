import { expect, it } from "vitest"
import * as Settings from "../../src/protocol/Settings.ts"

const options = { role: "server", limits: { maxMessageSize: 1 } } as const

it("those who are told the same share their settings, also if others are told something else in between", () => {
  const settings = Settings.of(options)
  const others = [
    { ...options, role: "client" } as const,
    { ...options, limits: { maxMessageSize: 2 } },
    { ...options, limits: { maxMessageSize: 1, maxFragments: 2 } },
    { ...options, compression: true },
    { ...options, validateUtf8: false },
    { ...options, reasons: false }
  ]
  for (const other of others) {
    expect(Settings.of(other)).not.toBe(settings)
    expect(Settings.of(other)).toBe(Settings.of(other))
    expect(Settings.of({ ...options, endsFirst: false })).toBe(settings)
  }
})

it("settings that many others came after are made anew", () => {
  const settings = Settings.of(options)
  for (let maxChunks = 1; maxChunks <= 16; maxChunks++) Settings.of({ role: "client", limits: { maxChunks } })
  expect(Settings.of(options)).not.toBe(settings)
  expect(Settings.of(options)).toBe(Settings.of(options))
})
