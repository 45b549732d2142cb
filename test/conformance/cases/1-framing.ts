import * as Case from "../Case.ts"
import * as Frames from "../Frames.ts"

const sizes = [0, 125, 126, 127, 128, 65_535, 65_536, 65_536]

const kinds = [{ group: "1.1", name: "text", opcode: 1 }, { group: "1.2", name: "binary", opcode: 2 }]

export const cases: ReadonlyArray<Case.Case> = kinds.flatMap(({ group, name, opcode }) =>
  sizes.map((size, i) => {
    const chopped = i === sizes.length - 1
    const does = `echoes a ${name} message of ${size} octets${chopped ? " that comes in chops of 997" : ""}`
    return Case.make(`${group}.${i + 1}`, does, async (tester) => {
      const message = Frames.frame(opcode, Frames.filling(opcode, size))
      if (chopped) await tester.sendInChops(997, message)
      else tester.send(message)
      await tester.expect(message)
      await tester.expectCleanClose()
    })
  })
)
