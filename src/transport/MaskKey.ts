/**
 * Masking keys that cannot be predicted (RFC 6455 §5.3, §10.3).
 *
 * @since 0.1.0
 */
import { crypto } from "./NodeModules.ts"

/** Keys drawn at once, since a call costs more than the octets it gives. */
const keysPerDraw = 2048

/**
 * A source of keys, drawn from the system's strong randomness.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeSource = (): () => number => {
  const keys = new Int32Array(keysPerDraw)
  let next = keysPerDraw
  return () => {
    if (next === keysPerDraw) {
      crypto.randomFillSync(keys)
      next = 0
    }
    return keys[next++]
  }
}

/**
 * The process's source of masking keys.
 *
 * @category constants
 * @since 0.1.0
 */
export const next = makeSource()
