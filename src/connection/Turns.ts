/**
 * Whose turn it is to send: messages go out one at a time, in the order of the calls.
 *
 * @since 0.1.0
 */

/**
 * What is done in its turn. If its turn never comes, it is dropped.
 *
 * @category models
 * @since 0.1.0
 */
export interface Job {
  /** Octets that it is about to send. */
  readonly size: number
  readonly run: () => void
  readonly drop: () => void
}

/**
 * The queue before the outbox, which is empty as long as no message takes its time.
 *
 * @category models
 * @since 0.1.0
 */
export class Turns {
  private current: Pick<Job, "size" | "drop"> | undefined = undefined
  private jobs: Array<Job> | undefined = undefined
  private running = false
  /** Octets of the message under way and of those that wait. */
  size = 0
  /** Octets of those whose turn never came. */
  dropped = 0

  /** Whether a message is under way that others have to wait for. */
  get isBusy(): boolean {
    return this.current !== undefined
  }

  /** Whether a message may go out now, with none before it that waits. */
  get isFree(): boolean {
    return this.current === undefined && this.jobs === undefined
  }

  /** Runs a job in its turn: at once, or after the message that is under way and the jobs before. */
  inOrder(job: Job): void {
    if (this.isFree) return job.run()
    this.size += job.size
    this.jobs ??= []
    this.jobs.push(job)
  }

  /** A message begins that others have to wait for, until `end`. */
  begin(current: Pick<Job, "size" | "drop">): void {
    this.current = current
    this.size += current.size
  }

  /** The message under way is done, or goes over into what `then` begins. */
  end(then?: () => void): void {
    this.size -= this.current?.size ?? 0
    this.current = undefined
    then?.()
    if (this.jobs !== undefined && !this.running) this.runOn(this.jobs)
  }

  /** Drops everything. */
  abandon(): void {
    const { current, jobs = [] } = this
    this.current = this.jobs = undefined
    this.dropped += this.size
    this.size = 0
    current?.drop()
    for (const { drop } of jobs) drop()
  }

  /** A job may end the connection: those behind it are dropped then. */
  private runOn(jobs: Array<Job>): void {
    this.running = true
    try {
      while (this.current === undefined && this.jobs === jobs) {
        const job = jobs.shift()
        if (job === undefined) break
        this.size -= job.size
        job.run()
      }
    } finally {
      this.running = false
      if (this.jobs === jobs) this.rest(jobs)
    }
  }

  /** Those who still wait, wait for the message under way; if there is none, a job has thrown. */
  private rest(jobs: Array<Job>): void {
    if (jobs.length === 0) this.jobs = undefined
    else if (this.current === undefined) queueMicrotask(() => this.runOn(jobs))
  }
}
