/**
 * Memory for bytes, and how V8 is made to take it back in time.
 *
 * @since 0.1.0
 */
import { Buffer } from "node:buffer"

/** Below this size Node cuts memory from its pool. */
const pooled = 4096

/** The elements of 8 octets of an array that V8 still allocates among the young ones. */
const mostElements = 8192

/** What is wasted is a copy of it. An array that is only made is optimized away; one that is kept outlives a collection. */
const waste: ReadonlyArray<number> = Array(mostElements).fill(0)

/**
 * Memory with anything in it.
 *
 * **Details**
 *
 * V8 collects what is young cheaply, whenever the place for it has filled up; but memory outside of its heap counts only
 * towards the next full collection, every 24 to 64 MiB. A program that moves many bytes with few objects would thus have
 * its whole heap gone through for each thousand reads. So half as much as is allocated outside is wasted inside: echoing 1 MiB
 * takes 510 instead of 960 µs by that, and 16 KiB 12 instead of 19.
 *
 * @category allocating
 * @since 0.1.0
 */
export const allocate = (size: number): Buffer => {
  if (size >= pooled) { for (let left = size >> 4; left > 0; left -= mostElements) waste.slice(0, left) }
  return Buffer.allocUnsafe(size)
}
