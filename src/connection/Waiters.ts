/**
 * Those who wait for one event of a connection.
 *
 * @since 0.1.0
 */

/**
 * Callbacks that are called once, all together. Nothing is allocated until somebody waits.
 *
 * @category models
 * @since 0.1.0
 */
export class Waiters {
  private callbacks: Set<() => void> | undefined = undefined

  /** Adds a callback; returns how to call that off. */
  add(callback: () => void): () => void {
    const own = () => callback()
    this.callbacks ??= new Set()
    this.callbacks.add(own)
    return () => this.callbacks?.delete(own)
  }

  /** Calls everybody who waits, and nobody a second time. */
  call(): void {
    const { callbacks } = this
    this.callbacks = undefined
    for (const callback of callbacks ?? []) callback()
  }
}
