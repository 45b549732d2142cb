import * as Case from "../Case.ts"
import * as Frames from "../Frames.ts"

const good = Frames.text("Hello, world!")

const groups = [{ group: "4.1", opcodes: [3, 4, 5, 6, 7] }, { group: "4.2", opcodes: [11, 12, 13, 14, 15] }]

/** The third, fourth and fifth of a group come after a good text and before a ping: in one write, by frames, by octets. */
const runs: ReadonlyArray<(opcode: number) => Pick<Case.Case, "does" | "run">> = [
  (opcode) => ({
    does: `fails at opcode ${opcode}`,
    run: async (tester) => {
      tester.send(Frames.frame(opcode))
      await tester.expectFailure(1002)
    }
  }),
  (opcode) => ({
    does: `fails at opcode ${opcode} with a payload`,
    run: async (tester) => {
      tester.send(Frames.frame(opcode, "reserved"))
      await tester.expectFailure(1002)
    }
  }),
  ...(["in one write", "frame by frame", "octet by octet"] as const).map((how) => (opcode: number) => ({
    does: `echoes a good text, then fails at opcode ${opcode}, ${how}`,
    run: async (tester: Parameters<Case.Case["run"]>[0]) => {
      const frames = [good, Frames.frame(opcode, how === "in one write" ? "" : "reserved"), Frames.ping()]
      if (how === "in one write") tester.send(...frames)
      else if (how === "frame by frame") await tester.sendFrameWise(...frames)
      else await tester.sendInChops(1, ...frames)
      await tester.expect(good)
      await tester.expectFailure(1002)
    }
  }))
]

export const cases: ReadonlyArray<Case.Case> = groups.flatMap(({ group, opcodes }) =>
  opcodes.map((opcode, i) => {
    const { does, run } = runs[i](opcode)
    return Case.make(`${group}.${i + 1}`, does, run)
  })
)
