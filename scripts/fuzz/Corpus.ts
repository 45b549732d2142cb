/** The inputs that are kept: one folder for each target, one file for each input. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import * as Input from "./Input.ts"

const root = new URL("../../test/fixtures/fuzz/", import.meta.url)

const folderOf = (target: string): URL => new URL(`${target}/`, root)

/** Larger inputs are not kept. */
export const maxSize = 4096

export interface Kept {
  readonly file: string
  readonly input: Input.Input
}

export const load = (target: string): ReadonlyArray<Kept> => {
  const folder = folderOf(target)
  if (!existsSync(folder)) return []
  return readdirSync(folder).toSorted().map((file) => ({
    file,
    input: Input.fromFile(readFileSync(new URL(file, folder)))
  }))
}

const save = (target: string, file: string, input: Input.Input): string => {
  mkdirSync(folderOf(target), { recursive: true })
  writeFileSync(new URL(file, folderOf(target)), Input.toFile(input))
  return `test/fixtures/fuzz/${target}/${file}`
}

/** An input that showed a mistake stays for good. */
export const saveFinding = (target: string, input: Input.Input): string =>
  save(target, `finding-${Input.nameOf(input)}`, input)

const isFinding = (file: string): boolean => file.startsWith("finding-")

/** Keeps just these, and all findings. */
export const replace = (target: string, inputs: ReadonlyArray<Input.Input>): void => {
  const names = new Set(inputs.map(Input.nameOf))
  for (const { file } of load(target)) {
    if (!isFinding(file) && !names.has(file)) rmSync(new URL(file, folderOf(target)))
  }
  for (const input of inputs) save(target, Input.nameOf(input), input)
}
