/**
 * What is under way outside of JavaScript and of sockets: work of zlib, and reading Blobs. Nobody tells when these are
 * done, so that the calls that start them are counted here.
 */
import * as zlib from "node:zlib"

type Method = (this: unknown, ...args: Array<unknown>) => unknown

/** Streams with a chunk in work. A stream that was destroyed calls back no more. */
const deflating = new Set<{ readonly destroyed: boolean }>()
let reading = 0

const ZlibBase = Object.getPrototypeOf(Object.getPrototypeOf(zlib.DeflateRaw.prototype)) as { _transform: Method }
const transform = ZlibBase._transform

ZlibBase._transform = function(this: zlib.DeflateRaw, chunk, encoding, done) {
  deflating.add(this)
  return Reflect.apply(transform, this, [chunk, encoding, (...results: Array<unknown>) => {
    deflating.delete(this)
    Reflect.apply(done as Method, undefined, results)
  }])
} as Method

const blob = Blob.prototype as unknown as Record<string, Method>

for (const name of ["arrayBuffer", "bytes", "text"]) {
  const read = blob[name]
  blob[name] = function(this: unknown) {
    const result = Reflect.apply(read, this, []) as Promise<unknown>
    const done = () => void reading--
    reading++
    result.then(done, done)
    return result
  }
}

/** Whether anything is under way. */
export const areRunning = (): boolean => {
  for (const stream of deflating) if (stream.destroyed) deflating.delete(stream)
  return deflating.size > 0 || reading > 0
}
