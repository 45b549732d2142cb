/** One input: octets, and a number that decides everything else, such as roles, options and cuts. */
import { hash } from "node:crypto"

export interface Input {
  readonly choice: number
  readonly content: Uint8Array
}

/** A file has the choice in its first four octets, the highest first. */
export const toFile = ({ choice, content }: Input): Buffer => {
  const file = Buffer.alloc(4 + content.length)
  file.writeUInt32BE(choice)
  file.set(content, 4)
  return file
}

export const fromFile = (file: Buffer): Input => ({
  choice: file.readUInt32BE(0),
  content: new Uint8Array(file.subarray(4))
})

export const nameOf = (input: Input): string => hash("sha1", toFile(input), "hex").slice(0, 12)
