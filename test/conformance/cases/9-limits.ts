import * as Case from "../Case.ts"
import * as Frames from "../Frames.ts"

const KiB = 1024
const MiB = 1024 * KiB

const kinds = [{ name: "text", opcode: 1 }, { name: "binary", opcode: 2 }]

const sized = (size: number): string => size < MiB ? `${size / KiB} KiB` : `${size / MiB} MiB`

/** 9.1, 9.2: whole messages. */
const whole = kinds.flatMap(({ name, opcode }, kind) =>
  [64 * KiB, 256 * KiB, MiB, 4 * MiB, 8 * MiB, 16 * MiB].map((size, i) =>
    Case.make(`9.${1 + kind}.${i + 1}`, `echoes a ${name} message of ${sized(size)}`, async (tester) => {
      const message = Frames.frame(opcode, Frames.filling(opcode, size))
      tester.send(message)
      await tester.expect(message)
      await tester.expectCleanClose()
    })
  )
)

/** 9.3, 9.4 with a message of 1 MiB instead of 4, and fragments of a quarter: 65,536 are the most, as there. */
const fragmented = kinds.flatMap(({ name, opcode }, kind) =>
  [16, 64, 256, KiB, 4 * KiB, 16 * KiB, 64 * KiB, 256 * KiB, MiB].map((size, i) =>
    Case.make(`9.${3 + kind}.${i + 1}`, `echoes a ${name} message of 1 MiB in fragments of ${size}`, async (tester) => {
      const message = Frames.filling(opcode, MiB)
      tester.send(...Frames.fragments(opcode, message, size))
      await tester.expectMessage(opcode, message)
      await tester.expectCleanClose()
    })
  )
)

/** 9.5, 9.6 with a message of 256 KiB instead of 1 MiB. */
const chopped = kinds.flatMap(({ name, opcode }, kind) =>
  [64, 128, 256, 512, 1024, 2048].map((size, i) =>
    Case.make(`9.${5 + kind}.${i + 1}`, `echoes a ${name} message of 256 KiB in chops of ${size}`, async (tester) => {
      const message = Frames.frame(opcode, Frames.filling(opcode, 256 * KiB))
      await tester.sendInChops(size, message)
      await tester.expect(message)
      await tester.expectCleanClose()
    })
  )
)

/** 9.7, 9.8 with 100 round trips instead of 1000. */
const roundTrips = kinds.flatMap(({ name, opcode }, kind) =>
  [0, 16, 64, 256, 1024, 4096].map((size, i) =>
    Case.make(`9.${7 + kind}.${i + 1}`, `echoes a ${name} message of ${size} octets 100 times`, async (tester) => {
      const message = Frames.frame(opcode, Frames.filling(opcode, size))
      for (let trip = 0; trip < 100; trip++) {
        tester.send(message)
        await tester.expect(message)
      }
      await tester.expectCleanClose()
    })
  )
)

export const cases: ReadonlyArray<Case.Case> = [...whole, ...fragmented, ...chopped, ...roundTrips]
