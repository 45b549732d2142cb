/** The 18 sizes of compressed messages that the catalogue's groups 12 and 13 repeat. */
import * as Case from "./Case.ts"
import * as Samples from "./Samples.ts"

const KiB = 1024

interface Size {
  readonly size: number
  /** Octets of each fragment, as it is compressed. */
  readonly fragment: number
}

const sizes: ReadonlyArray<Size> = [
  ...[16, 64, 256, KiB, 4 * KiB, 8 * KiB, 16 * KiB, 32 * KiB, 64 * KiB, 128 * KiB].map((size) => ({
    size,
    fragment: Infinity
  })),
  ...[8 * KiB, 16 * KiB, 32 * KiB, 64 * KiB, 128 * KiB].map((size) => ({ size, fragment: 256 })),
  ...[KiB, 4 * KiB, 32 * KiB].map((fragment) => ({ size: 128 * KiB, fragment }))
]

/** 64 KiB in 3 to 20 messages, instead of 1000. */
const countOf = (size: number): number => Math.max(3, Math.min(20, 64 * KiB / size))

const inFragments = (fragment: number): string => fragment === Infinity ? "" : ` in fragments of ${fragment} octets`

/** One case for each size: compressed messages come back compressed, and nothing but what was agreed on is relied on. */
export const cases = (
  group: string,
  does: string,
  sample: Samples.Sample,
  negotiation: Case.Negotiation
): ReadonlyArray<Case.Case> =>
  sizes.map(({ fragment, size }, i) =>
    Case.make(`${group}.${i + 1}`, `echoes ${does}: ${size} octets${inFragments(fragment)}`, async (tester) => {
      for (let i = 0; i < countOf(size); i++) {
        const message = Samples.messageOf(sample, i, size)
        await tester.sendCompressed(sample.opcode, message, fragment)
        await tester.expectCompressed(sample.opcode, message)
      }
      await tester.expectCleanClose()
    }, negotiation)
  )
