/**
 * Who is there, where many come and go.
 *
 * @since 0.1.0
 */

/**
 * Where a member has its place: no name, for others put names of their own on some of them.
 *
 * @category models
 * @since 0.1.0
 */
export const place: unique symbol = Symbol("effect-ws/place")

/**
 * What can be on a roster, and on one only. Its place there is the roster's affair.
 *
 * @category models
 * @since 0.1.0
 */
export interface Member {
  [place]: number
}

/**
 * Members in no order.
 *
 * **Details**
 *
 * Not a `Set`, which writes its table anew now and then: V8 has those tables among its old objects, and so keeps alive who
 * was there at the time, until it collects the old ones. Of short connections nearly all were kept so.
 *
 * @category models
 * @since 0.1.0
 */
export class Roster<A extends Member> implements Iterable<A> {
  private readonly members: Array<A> = []

  get size(): number {
    return this.members.length
  }

  add(member: A): void {
    member[place] = this.members.push(member) - 1
  }

  /** The last one takes its place. */
  delete(member: A): void {
    const { [place]: at } = member
    if (this.members[at] !== member) return
    const last = this.members.pop()!
    if (last === member) return
    this.members[at] = last
    last[place] = at
  }

  [Symbol.iterator](): ArrayIterator<A> {
    return this.members.values()
  }
}
