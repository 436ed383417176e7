// What is open, for whom, by which names, until when: the updater's memory of what the kernel has acknowledged.
// Everything here is derived from grants; no kernel and no policy in here. Rows stay inside: who asks names holders, and is given values.

import type { Address } from '../net/address.ts'
import { formatComment } from './comment.ts'
import type { Concern } from './concern.ts'
import { ElementTable } from './element-table.ts'
import { NONE } from './flat-table.ts'
import { namesOf } from './holder-name.ts'
import { Interned } from './interned.ts'
import type { Element, ElementSpec, ElementWrite, Ended, EndedElement, Grant, Holder, Opening } from './lease.ts'
import { LeaseTable } from './lease-table.ts'
import { type Plan, planOpenings } from './plan.ts'
import { createWheel, type Wheel } from './wheel.ts'

export interface Rejudged {
  /** How many grants were given up. */
  readonly revoked: number
  /** How many elements are due to grants and have no room in their set. */
  readonly lacking: number
  readonly put: readonly ElementWrite[]
  /** What nobody holds any more. */
  readonly remove: readonly ElementSpec[]
}

export interface Expired {
  readonly grants: readonly (Ended & Pick<Grant, 'payer'>)[]
  readonly elements: readonly EndedElement[]
}

export class LeaseBook {
  readonly #leases: LeaseTable
  readonly #elements: ElementTable
  readonly #wheel: Wheel

  /**
   * No source holds more than `mostAddresses` by one name for longer than until the next `displace`. Where a set has `mostOfSet` elements
   * judging anew adds no more.
   */
  constructor(now: number, mostAddresses = Number.POSITIVE_INFINITY, mostOfSet = Number.POSITIVE_INFINITY) {
    const addresses = new Interned<Address>()
    this.#leases = new LeaseTable(addresses, mostAddresses)
    this.#elements = new ElementTable(addresses, mostOfSet)
    this.#wheel = createWheel(now)
  }

  get size(): number {
    return this.#leases.size
  }

  /** As they are when it comes to each; of those granted meanwhile, some. */
  *grants(): Generator<Grant> {
    for (const lease of this.#leases.rows()) yield this.#leases.grantOf(lease)
  }

  /** What a holder holds: none if it is not in the book. */
  specsOf(holder: Holder): readonly ElementSpec[] {
    const lease = this.#leases.find(holder)
    return lease === NONE ? [] : this.#specsHeldBy(lease)
  }

  /** For a kernel that is to hold just these. Their comments are those of now: what has ended may have left its name in those written before. */
  *elements(): Generator<Element> {
    for (const element of this.#elements.rows()) yield this.#elementAt(element)
  }

  /** Those of these that are in it. */
  elementsOf(specs: readonly ElementSpec[]): readonly Element[] {
    return this.#rowsOf(specs).map((element) => this.#elementAt(element))
  }

  #rowsOf(specs: readonly ElementSpec[]): readonly number[] {
    return specs.map((spec) => this.#elements.find(spec)).filter((element) => element !== NONE)
  }

  #elementAt(element: number): Element {
    const comment = this.#commentFor(element)
    this.#elements.setComment(element, comment)
    return { spec: this.#elements.specOf(element), until: this.#elements.untilOf(element), comment }
  }

  get elementCount(): number {
    return this.#elements.size
  }

  /** Sets are bounded each for itself: this one is full first. */
  get fullestSetSize(): number {
    return this.#elements.fullestSetSize
  }

  hasElement(spec: ElementSpec): boolean {
    return this.#elements.find(spec) !== NONE
  }

  /** How many leases a payer has. */
  countOf(payer: string): number {
    return this.#leases.countOf(payer)
  }

  /** How many of the openings are of holders not in the book, by payer. */
  newByPayer(openings: readonly Opening[]): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const opening of openings) {
      if (this.#leases.find(opening) === NONE) counts.set(opening.payer, (counts.get(opening.payer) ?? 0) + 1)
    }
    return counts
  }

  /**
   * Has written what must be so that all openings hold, and notes them. What `write` throws leaves the book as it was; it must neither read nor
   * change it. An element that lasts long enough already is not written; without any, nothing is.
   */
  commit(openings: readonly Opening[], write: (writes: readonly ElementWrite[]) => void): void {
    const plan = planOpenings(openings, this.#elements, this.#leases)
    const writes = plan.write()
    try {
      if (writes.length > 0) write(writes)
    } catch (error) {
      this.#discard(plan)
      throw error
    }
    this.#carryOut(plan)
  }

  /** Notes what the kernel has. */
  record(openings: readonly Opening[], writes: readonly ElementWrite[]): void {
    for (const opening of openings) this.grant(opening)
    for (const { spec, until, comment } of writes) this.#note(this.#elements.find(spec), until, comment)
  }

  /** Adds a grant, or lengthens it: a shorter one never shortens. */
  grant(opening: Opening): void {
    this.#hold(this.#grant(opening), opening.specs)
  }

  #carryOut({ openings, elements, drafts }: Plan): void {
    let at = 0
    for (const opening of openings) {
      const lease = this.#grant(opening)
      for (const end = at + opening.specs.length; at < end; at++) this.#elements.hold(elements[at]!, lease)
    }
    for (const { element, write } of drafts) if (write !== undefined) this.#note(element, write.until, write.comment)
  }

  /** Removes the elements that nobody has come to hold. */
  #discard({ openings }: Plan): void {
    for (const { specs } of openings) {
      for (const spec of specs) {
        const element = this.#elements.find(spec)
        if (element !== NONE && !this.#elements.isHeld(element)) this.#elements.remove(element)
      }
    }
  }

  #note(element: number, until: number, comment: string): void {
    this.#elements.setUntil(element, until)
    this.#elements.setComment(element, comment)
  }

  /** Without what it holds. */
  #grant(opening: Opening): number {
    const known = this.#leases.find(opening)
    if (known !== NONE) {
      this.#leases.lengthen(known, opening)
      return known
    }
    const lease = this.#leases.add(opening)
    this.#wheel.schedule(lease, opening.until)
    return lease
  }

  /**
   * Judges grants anew, all unless told whose: the elements that each is entitled to now, undefined for none and revoked. What has no room
   * is left out: with one too many the kernel would refuse the whole change, and close nothing.
   */
  rejudge(judge: (holder: Holder) => readonly ElementSpec[] | undefined, which: Iterable<Holder> = this.grants()): Rejudged {
    const touched = new Map<number, number>()
    const touch = (element: number): void => void (touched.has(element) || touched.set(element, this.#elements.untilOf(element)))
    let [revoked, lacking] = [0, 0]
    for (const holder of which) {
      const lease = this.#leases.find(holder)
      if (lease === NONE) continue
      const specs = judge(holder)
      if (specs !== undefined && this.#holdsExactly(lease, specs)) continue
      for (const element of this.#letGo(lease)) touch(element)
      if (specs === undefined) {
        this.#forget(lease)
        revoked++
        continue
      }
      for (const spec of specs) {
        if (this.#elements.hasRoomFor(spec)) {
          touch(this.#elements.findOrAdd(spec))
          this.#hold(lease, [spec])
        } else lacking++
      }
    }
    return { revoked, lacking, ...this.#settle(touched) }
  }

  /** What the kernel must be told so that these elements are as their holders make them, whatever is there. */
  rewrite(specs: readonly ElementSpec[]): readonly ElementWrite[] {
    const touched = new Map(this.#rowsOf(specs).map((element) => [element, Number.NaN]))
    return this.#settle(touched).put.map((write) => ({ ...write, renew: true }))
  }

  /** The grants of those concerned. */
  *concerned(concern: Concern): Generator<Grant> {
    for (const lease of this.#leases.rows()) if (concern(this.#leases.sourceOf(lease))) yield this.#leases.grantOf(lease)
  }

  /** The grants of those concerned to which `judge` gives other elements than they hold: one a step, undefined where it does not. What is granted meanwhile is looked at as well. */
  *differing(judge: (holder: Holder) => readonly ElementSpec[] | undefined, concern: Concern): Generator<Grant | undefined> {
    for (const lease of this.#leases.rowsAndAdded()) {
      if (!concern(this.#leases.sourceOf(lease))) {
        yield undefined
        continue
      }
      const grant = this.#leases.grantOf(lease)
      const specs = judge(grant)
      yield specs !== undefined && this.#holdsExactly(lease, specs) ? undefined : grant
    }
  }

  /** Forgets what names have beyond the addresses that they may: what has been unused longest, and nothing of what has just been opened if it can. */
  displace(opened: readonly Opening[]): Expired {
    return this.#end(this.#leases.takeSurplus(opened))
  }

  /** Forgets the grants that have ended, so many at a time, and the elements that nobody holds any more. */
  expire(now: number, most = Number.POSITIVE_INFINITY): Expired {
    const ended: number[] = []
    for (const lease of this.#wheel.due(now, most)) {
      const until = this.#leases.untilOf(lease)
      if (until > now) this.#wheel.schedule(lease, until)
      else ended.push(lease)
    }
    return this.#end(ended)
  }

  #end(leases: readonly number[]): Expired {
    const grants: Expired['grants'][number][] = []
    const elements: EndedElement[] = []
    for (const lease of leases) {
      grants.push({ ...this.#leases.grantOf(lease), specs: this.#specsHeldBy(lease) })
      for (const element of this.#letGo(lease)) {
        if (this.#elements.isHeld(element)) continue
        elements.push({ ...this.#elements.specOf(element), until: this.#elements.untilOf(element) })
        this.#elements.remove(element)
      }
      this.#forget(lease)
    }
    return { grants, elements }
  }

  /** Brings elements whose holders have changed up to date, and says what the kernel must be told: `touched` is until when each lasts there. */
  #settle(touched: ReadonlyMap<number, number>): { readonly put: readonly ElementWrite[]; readonly remove: readonly ElementSpec[] } {
    const put: ElementWrite[] = []
    const remove: ElementSpec[] = []
    for (const [element, before] of touched) {
      const spec = this.#elements.specOf(element)
      if (!this.#elements.isHeld(element)) {
        this.#elements.remove(element)
        remove.push(spec)
      } else if (this.#refresh(element, before)) {
        put.push({ spec, until: this.#elements.untilOf(element), comment: this.#elements.commentOf(element), renew: before > 0 })
      }
    }
    return { put, remove }
  }

  /** Derives time and comment from the holders. True: something is new. */
  #refresh(element: number, before: number): boolean {
    const elements = this.#elements
    const until = elements.holdersOf(element).reduce((latest, lease) => Math.max(latest, this.#leases.untilOf(lease)), 0)
    const comment = this.#commentFor(element)
    const isNew = until !== before || comment !== elements.commentOf(element)
    elements.setUntil(element, until)
    elements.setComment(element, comment)
    return isNew
  }

  #commentFor(element: number): string {
    const { names, unread } = namesOf(element, this.#elements, this.#leases)
    return formatComment(names, this.#elements.specOf(element).target.commentPrefix, unread)
  }

  #hold(lease: number, specs: readonly ElementSpec[]): void {
    const until = this.#leases.untilOf(lease)
    for (const spec of specs) {
      const element = this.#elements.findOrAdd(spec)
      this.#elements.hold(element, lease)
      if (this.#elements.untilOf(element) < until) this.#elements.setUntil(element, until)
    }
  }

  /** All that it holds; returns that. */
  #letGo(lease: number): readonly number[] {
    const held = this.#elements.heldBy(lease)
    for (const element of held) this.#elements.letGo(element, lease)
    return held
  }

  /** And none of it ends before the lease. */
  #holdsExactly(lease: number, specs: readonly ElementSpec[]): boolean {
    const held = this.#elements.heldBy(lease)
    const until = this.#leases.untilOf(lease)
    if (held.some((element) => this.#elements.untilOf(element) < until)) return false
    return held.length === specs.length && specs.every((spec) => held.includes(this.#elements.find(spec)))
  }

  #specsHeldBy(lease: number): readonly ElementSpec[] {
    return this.#elements.heldBy(lease).map((element) => this.#elements.specOf(element))
  }

  #forget(lease: number): void {
    this.#wheel.cancel(lease)
    this.#leases.remove(lease)
  }
}
