import * as Case from "../Case.ts"
import { samples } from "../Samples.ts"
import * as Sizes from "../Sizes.ts"

export const cases: ReadonlyArray<Case.Case> = samples.flatMap((sample, i) =>
  Sizes.cases(`12.${i + 1}`, sample.name, sample, Case.plain)
)
