/** The texts of 6.5 to 6.23, after Markus Kuhn's UTF-8 decoder stress test, in the catalogue's order and numbers. */
export interface Group {
  readonly id: string
  readonly of: string
  readonly samples: ReadonlyArray<Buffer>
  /** The numbers of those that are valid. */
  readonly valid: "all" | "none" | ReadonlyArray<number>
}

const hex = (digits: string): ReadonlyArray<Buffer> => digits.split(" ").map((sample) => Buffer.from(sample, "hex"))

const range = (from: number, to: number): ReadonlyArray<number> =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)

/** Every start octet of a length, with a space behind it. */
const starts = (from: number, to: number): Buffer => Buffer.from(range(from, to).flatMap((octet) => [octet, 0x20]))

const kosme = Buffer.from("cebae1bdb9cf83cebcceb5", "hex")

const incomplete = hex("c0 e080 f08080 f8808080 fc80808080 df efbf f7bfbf fbbfbfbf fdbfbfbfbf")

/** U+FFFE and U+FFFF, and the same of the planes 1 to 16. */
const nonCharacters = range(0, 16).flatMap((plane) =>
  [0xfffe, 0xffff].map((last) => Buffer.from(String.fromCodePoint(plane * 0x10000 + last)))
)

export const groups: ReadonlyArray<Group> = [
  {
    id: "6.5",
    of: "an ordinary text",
    samples: [...hex("68656c6c6f24 68656c6c6fc2a2 68656c6c6fe282ac 68656c6c6ff0a4ada2"), kosme],
    valid: "all"
  },
  {
    id: "6.6",
    of: "a prefix of a Greek word",
    samples: range(1, kosme.length).map((length) => kosme.subarray(0, length)),
    valid: [2, 5, 7, 9, 11]
  },
  {
    id: "6.7",
    of: "the first sequence of a length",
    samples: hex("00 c280 e0a080 f0908080"),
    valid: "all"
  },
  { id: "6.8", of: "the first sequence of 5 or 6 octets", samples: hex("f888808080 fc8480808080"), valid: "none" },
  { id: "6.9", of: "the last sequence of a length", samples: hex("7f dfbf efbfbf f48fbfbf"), valid: "all" },
  {
    id: "6.10",
    of: "the last sequence of 4, 5 or 6 octets",
    samples: hex("f7bfbfbf fbbfbfbfbf fdbfbfbfbfbf"),
    valid: "none"
  },
  {
    id: "6.11",
    of: "an edge",
    samples: hex("ed9fbf ee8080 efbfbd f48fbfbf f4908080"),
    valid: [1, 2, 3, 4]
  },
  {
    id: "6.12",
    of: "continuation octets alone",
    samples: [
      ...hex("80 bf 80bf 80bf80 80bf80bf 80bf80bf80 80bf80bf80bf"),
      Buffer.from(range(0x80, 0xbf))
    ],
    valid: "none"
  },
  {
    id: "6.13",
    of: "start octets alone",
    samples: [
      starts(0xc0, 0xdf),
      starts(0xe0, 0xef),
      starts(0xf0, 0xf7),
      starts(0xf8, 0xfb),
      starts(0xfc, 0xfd)
    ],
    valid: "none"
  },
  { id: "6.14", of: "a sequence without its last octet", samples: incomplete, valid: "none" },
  { id: "6.15", of: "all of these in a row", samples: [Buffer.concat(incomplete)], valid: "none" },
  { id: "6.16", of: "impossible octets", samples: hex("fe ff fefeffff"), valid: "none" },
  {
    id: "6.17",
    of: "an overlong form of ASCII",
    samples: hex("c0af e080af f08080af f8808080af fc80808080af"),
    valid: "none"
  },
  {
    id: "6.18",
    of: "a greatest overlong form",
    samples: hex("c1bf e09fbf f08fbfbf f887bfbfbf fc83bfbfbfbf"),
    valid: "none"
  },
  {
    id: "6.19",
    of: "an overlong NUL",
    samples: hex("c080 e08080 f0808080 f880808080 fc8080808080"),
    valid: "none"
  },
  {
    id: "6.20",
    of: "a surrogate alone",
    samples: hex("eda080 edadbf edae80 edafbf edb080 edbe80 edbfbf"),
    valid: "none"
  },
  {
    id: "6.21",
    of: "a pair of surrogates",
    samples: hex(
      "eda080edb080 eda080edbfbf edadbfedb080 edadbfedbfbf edae80edb080 edae80edbfbf edafbfedb080 edafbfedbfbf"
    ),
    valid: "none"
  },
  { id: "6.22", of: "a non-character", samples: nonCharacters, valid: "all" },
  {
    id: "6.23",
    of: "a special character",
    samples: hex("efbfb9 efbfba efbfbb efbfbc efbfbd efbfbe efbfbf"),
    valid: "all"
  }
]
