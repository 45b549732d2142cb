/**
 * Those who wait for one event of a connection.
 *
 * @since 0.1.0
 */

type Callback = () => void

/**
 * Callbacks that are called once, all together. Each is added once.
 *
 * **Details**
 *
 * Usually there is one, which is kept as it is: a set of its own would take 250 octets of each connection.
 *
 * @category models
 * @since 0.1.0
 */
export class Waiters {
  private first: Callback | undefined = undefined
  private others: Set<Callback> | undefined = undefined

  /** Adds a callback; returns how to call that off. */
  add(callback: Callback): () => void {
    if (this.first === undefined && this.others === undefined) this.first = callback
    else (this.others ??= new Set()).add(callback)
    return () => this.remove(callback)
  }

  /** Calls everybody who waits, and nobody a second time. */
  call(): void {
    const { first, others } = this
    this.first = this.others = undefined
    first?.()
    for (const callback of others ?? []) callback()
  }

  private remove(callback: Callback): void {
    if (this.first === callback) this.first = undefined
    else this.others?.delete(callback)
  }
}
