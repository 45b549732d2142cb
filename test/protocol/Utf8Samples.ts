import * as fc from "fast-check"
import * as Wire from "./Wire.ts"

export type Sample = readonly [name: string, digits: string]

const all = (name: string, samples: ReadonlyArray<string>): ReadonlyArray<Sample> =>
  samples.map((digits) => [name, digits])

const codes = (from: number, to: number, by: (code: number) => number | ReadonlyArray<number> = (code) => code) =>
  Wire.toHex(Uint8Array.from(Array.from({ length: to - from + 1 }, (_, i) => by(from + i)).flat()))

const beforeSpace = (code: number) => [code, 0x20]

const kosme = "cebae1bdb9cf83cebcceb5"

/** U+FFFE and U+FFFF, and the same of the planes 1 to 16. */
const nonCharacters = [
  "efbfbe",
  "efbfbf",
  ...Array.from({ length: 16 }, (_, i) => i + 1).flatMap((plane) =>
    [0xfffe, 0xffff].map((last) => Wire.toHex(Wire.utf8(String.fromCodePoint(plane * 0x10000 + last))))
  )
]

/** The valid samples of Autobahn 6.5 to 6.23, after Markus Kuhn's UTF-8 decoder stress test. */
export const valid: ReadonlyArray<Sample> = [
  ...all("an ordinary text (6.5)", ["68656c6c6f24", "68656c6c6fc2a2", "68656c6c6fe282ac", "68656c6c6ff0a4ada2", kosme]),
  ...all("a prefix between code points (6.6)", ["", "ceba", "cebae1bdb9", "cebae1bdb9cf83", "cebae1bdb9cf83cebc"]),
  ...all("the first sequence of its length (6.7)", ["00", "c280", "e0a080", "f0908080"]),
  ...all("the last sequence of its length (6.9)", ["7f", "dfbf", "efbfbf", "f48fbfbf"]),
  ...all("an edge (6.11)", ["ed9fbf", "ee8080", "efbfbd", "f48fbfbf"]),
  ...all("a non-character (6.22)", nonCharacters),
  ...all("the replacement character (6.23)", ["efbfbd"])
]

/** The invalid samples of Autobahn 6.5 to 6.23. */
export const invalid: ReadonlyArray<Sample> = [
  ...all("a prefix within a code point (6.6)", [
    "ce",
    "cebae1",
    "cebae1bd",
    "cebae1bdb9cf",
    "cebae1bdb9cf83ce",
    "cebae1bdb9cf83cebcce"
  ]),
  ...all("a form of 5 or 6 octets (6.8)", ["f888808080", "fc8480808080"]),
  ...all("a last form above U+10FFFF (6.10)", ["f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf"]),
  ...all("what is above U+10FFFF (6.11)", ["f4908080"]),
  ...all("continuation octets alone (6.12)", ["80", "bf", "80bf", "80bf80", "80bf80bf", codes(0x80, 0xbf)]),
  ...all("start octets alone (6.13)", [
    codes(0xc0, 0xdf, beforeSpace),
    codes(0xe0, 0xef, beforeSpace),
    codes(0xf0, 0xf7, beforeSpace),
    codes(0xf8, 0xfb, beforeSpace),
    codes(0xfc, 0xfd, beforeSpace)
  ]),
  ...all("a last octet that is missing (6.14)", [
    "c0",
    "e080",
    "f08080",
    "f8808080",
    "df",
    "efbf",
    "f7bfbf",
    "fbbfbfbf"
  ]),
  ...all("incomplete sequences one after the other (6.15)", [
    "c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf"
  ]),
  ...all("an impossible octet (6.16)", ["fe", "ff", "fefeffff"]),
  ...all("an overlong form of ASCII (6.17)", ["c0af", "e080af", "f08080af", "f8808080af", "fc80808080af"]),
  ...all("a greatest overlong form (6.18)", ["c1bf", "e09fbf", "f08fbfbf", "f887bfbfbf", "fc83bfbfbfbf"]),
  ...all("an overlong NUL (6.19)", ["c080", "e08080", "f0808080", "f880808080", "fc8080808080"]),
  ...all("a surrogate alone (6.20)", ["eda080", "edadbf", "edae80", "edafbf", "edb080", "edbe80", "edbfbf"]),
  ...all("a pair of surrogates (6.21)", ["eda080edb080", "eda080edbfbf", "edadbfedb080", "edafbfedbfbf"])
]

/** Mostly text, some octets of its edges, and some of anything. */
export const mixed: fc.Arbitrary<Uint8Array> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.string({ unit: "binary", maxLength: 12 }).map(Wire.utf8) },
    { weight: 1, arbitrary: fc.constantFrom(...valid, ...invalid).map(([, digits]) => Wire.hex(digits)) },
    { weight: 1, arbitrary: fc.constantFrom("ed", "e0", "f0", "f4", "80", "9f", "a0", "bf", "c2").map(Wire.hex) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 3 }) },
    { weight: 1, arbitrary: fc.nat(90).map((length) => Wire.utf8("\u20ac".repeat(length))) }
  ),
  { maxLength: 6 }
).map(Wire.concat)
