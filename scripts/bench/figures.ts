/** What is made of samples. */

export const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]

export const spread = (values: ReadonlyArray<number>): string =>
  `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`

export const row = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`

export const header = (titles: ReadonlyArray<string>): string => `${row(titles)}\n${row(titles.map(() => "---"))}`
