/**
 * Who is where: topics that are there as long as somebody is, and the connections that joined them.
 *
 * @since 0.1.0
 */
import type { Driver } from "../connection/Driver.ts"
import type { Capacity, Strategy } from "./Backlog.ts"
import { Consumer } from "./Consumer.ts"
import { Counts, Topic } from "./Topic.ts"
import { TurnFlush } from "./TurnFlush.ts"

type Callback = () => void

/** A connection that joined something, or for which something still waits. */
interface Attendee {
  readonly consumer: Consumer
  /** The names of its topics. */
  readonly topics: Set<string>
  readonly stop: Callback
}

/**
 * All that a hub knows.
 *
 * @category models
 * @since 0.1.0
 */
export class Topics {
  private readonly capacity: Capacity
  private readonly strategy: Strategy
  private readonly turn = new TurnFlush()
  private readonly topics = new Map<string, Topic>()
  private readonly attendees = new Map<Driver, Attendee>()
  private readonly watchers = new Map<string, Set<Callback>>()
  readonly totals = new Counts()
  /** Everybody who joined a topic. */
  readonly everyone = new Topic(this.totals)

  constructor(capacity: Capacity, strategy: Strategy) {
    this.capacity = capacity
    this.strategy = strategy
  }

  get names(): ReadonlyArray<string> {
    return [...this.topics.keys()]
  }

  find(name: string): Topic | undefined {
    return this.topics.get(name)
  }

  /** Makes a connection a member; the last one's strategy counts. Nothing if it has ended. */
  join(name: string, driver: Driver, strategy = this.strategy): void {
    if (driver.state === "Closed") return
    const { consumer, topics } = this.attendees.get(driver) ?? this.attend(driver)
    const { members } = this.topics.get(name) ?? this.open(name)
    const joins = (members.get(driver)?.joins ?? 0) + 1
    members.set(driver, { consumer, strategy, joins })
    if (joins > 1) return
    topics.add(name)
    this.everyone.members.set(driver, { consumer, strategy: this.strategy, joins: 1 })
    this.tell(name)
  }

  /** Takes back one `join`. What was published until now still arrives. */
  leave(name: string, driver: Driver): void {
    const attendee = this.attendees.get(driver)
    const membership = this.topics.get(name)?.members.get(driver)
    if (attendee === undefined || membership === undefined || --membership.joins > 0) return
    attendee.topics.delete(name)
    this.remove(name, driver)
    this.forgetIfDone(attendee)
  }

  /** Calls back when somebody joins or leaves next; returns how to call that off. */
  whenChanged(name: string, callback: Callback): Callback {
    const watchers = this.watchers.get(name) ?? new Set()
    this.watchers.set(name, watchers.add(callback))
    return () => {
      watchers.delete(callback)
      if (watchers.size === 0 && this.watchers.get(name) === watchers) this.watchers.delete(name)
    }
  }

  private open(name: string): Topic {
    const topic = new Topic(this.totals)
    this.topics.set(name, topic)
    return topic
  }

  private attend(driver: Driver): Attendee {
    const consumer = new Consumer(driver, this.capacity, this.turn, () => this.forgetIfDone(attendee))
    const stops = [driver.ending.onClosing(() => consumer.finish()), driver.ending.onClosed(() => this.end(attendee))]
    const attendee = { consumer, topics: new Set<string>(), stop: () => stops.forEach((stop) => stop()) }
    this.attendees.set(driver, attendee)
    return attendee
  }

  /** The connection has ended. */
  private end(attendee: Attendee): void {
    const { consumer, topics } = attendee
    consumer.end()
    const names = [...topics]
    topics.clear()
    for (const name of names) this.remove(name, consumer.driver)
    this.forgetIfDone(attendee)
  }

  private remove(name: string, driver: Driver): void {
    const topic = this.topics.get(name)
    if (topic?.members.delete(driver) !== true) return
    if (topic.members.size === 0) this.topics.delete(name)
    this.tell(name)
  }

  private tell(name: string): void {
    const watchers = this.watchers.get(name)
    this.watchers.delete(name)
    for (const callback of watchers ?? []) callback()
  }

  /** Whoever joined nothing gets what waits for him, and is a stranger then. */
  private forgetIfDone({ consumer, stop, topics }: Attendee): void {
    const { driver, hasCaughtUp } = consumer
    if (topics.size > 0) return
    this.everyone.members.delete(driver)
    if (!hasCaughtUp) return
    this.attendees.delete(driver)
    stop()
  }
}
