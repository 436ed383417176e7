// What is open, for whom, by which names, until when: the updater's memory of what the kernel has acknowledged.
// Everything here is derived from grants; no kernel and no policy in here. Rows stay inside: who asks names holders, and is given values.

import type { Address } from '../net/address.ts'
import { formatComment } from './comment.ts'
import type { Concern } from './concern.ts'
import { Drafts } from './draft.ts'
import { ElementTable } from './element-table.ts'
import { FlatTable, hashOf, NONE } from './flat-table.ts'
import { Holdings } from './holding.ts'
import { Interned } from './interned.ts'
import type { Element, ElementSpec, ElementWrite, Ended, Grant, Holder, Name, Opening } from './lease.ts'
import { RowLists } from './row-list.ts'
import { createWheel, type Wheel } from './wheel.ts'

export interface Rejudged {
  /** How many grants were given up. */
  readonly revoked: number
  readonly put: readonly ElementWrite[]
  /** What nobody holds any more. */
  readonly remove: readonly ElementSpec[]
}

export interface Expired {
  readonly grants: readonly Ended[]
  /** What nobody holds any more. */
  readonly elements: readonly ElementSpec[]
}

export class LeaseBook {
  readonly #leases = new FlatTable({
    holding: new Int32Array(),
    address: new Int32Array(),
    until: new Float64Array(),
    freshUntil: new Float64Array(),
    confirmedUntil: new Float64Array(),
    next: new Int32Array(),
    previous: new Int32Array(),
  })
  readonly #addresses = new Interned<Address>()
  readonly #elements = new ElementTable(this.#addresses)
  readonly #holdings: Holdings
  readonly #leasesOf: RowLists
  readonly #wheel: Wheel

  /** No source holds more than `mostAddresses` by one name for longer than until the next `displace`. */
  constructor(now: number, mostAddresses = Number.POSITIVE_INFINITY) {
    this.#wheel = createWheel(now)
    this.#holdings = new Holdings(mostAddresses)
    this.#leasesOf = new RowLists(this.#holdings.table, this.#leases)
  }

  get size(): number {
    return this.#leases.size
  }

  /** As they are when it comes to each. */
  *grants(): Generator<Grant> {
    for (const lease of this.#leases.rows()) yield this.#grantOf(lease)
  }

  /** What a holder holds: none if it is not in the book. */
  specsOf(holder: Holder): readonly ElementSpec[] {
    const lease = this.#find(holder)
    return lease === NONE ? [] : this.#specsHeldBy(lease)
  }

  *elements(): Generator<Element> {
    for (const element of this.#elements.rows()) {
      yield { spec: this.#elements.specOf(element), until: this.#elements.untilOf(element), comment: this.#commentFor(element) }
    }
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
    return this.#holdings.countOf(payer)
  }

  /** How many of the openings are of holders not in the book, by payer. */
  newByPayer(openings: readonly Opening[]): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const opening of openings) {
      if (this.#find(opening) === NONE) counts.set(opening.payer, (counts.get(opening.payer) ?? 0) + 1)
    }
    return counts
  }

  /** What must be written so that all openings hold. Changes nothing. An element that lasts long enough already is not written. */
  plan(openings: readonly Opening[]): readonly ElementWrite[] {
    const drafts = new Drafts()
    for (const opening of openings) {
      const lease = this.#find(opening)
      for (const spec of opening.specs) {
        const element = this.#elements.find(spec)
        const draft = element === NONE ? drafts.ofNew(spec) : drafts.of(element, spec, this.#elements)
        draft.until = Math.max(draft.until, opening.until)
        if (lease !== NONE && element !== NONE && this.#elements.isHeldBy(element, lease)) continue
        draft.names ??= element === NONE ? [] : this.#namesOf(element)
        draft.names.push(opening.name)
      }
    }
    return drafts.writes()
  }

  /** Notes what the kernel has acknowledged. */
  record(openings: readonly Opening[], writes: readonly ElementWrite[]): void {
    for (const opening of openings) this.grant(opening)
    for (const { spec, comment } of writes) this.#elements.setComment(this.#elements.find(spec), comment)
  }

  /** Adds a grant, or lengthens it: a shorter one never shortens. */
  grant(opening: Opening): void {
    const known = this.#find(opening)
    const lease = known === NONE ? this.#add(opening) : known
    const { until, freshUntil, confirmedUntil } = this.#leases.columns
    until[lease] = Math.max(until[lease]!, opening.until)
    freshUntil[lease] = Math.max(freshUntil[lease]!, opening.freshUntil)
    confirmedUntil[lease] = Math.max(confirmedUntil[lease]!, opening.confirmedUntil)
    if (known === NONE) this.#wheel.schedule(lease, opening.until)
    this.#hold(lease, opening.specs)
  }

  /** Judges grants anew, all unless told whose: the elements that each is entitled to now, undefined for none and revoked. */
  rejudge(judge: (holder: Holder) => readonly ElementSpec[] | undefined, which: Iterable<Holder> = this.grants()): Rejudged {
    const touched = new Set<number>()
    let revoked = 0
    for (const holder of which) {
      const lease = this.#find(holder)
      if (lease === NONE) continue
      const specs = judge(holder)
      if (specs !== undefined && this.#holdsExactly(lease, specs)) continue
      for (const element of this.#letGo(lease)) touched.add(element)
      if (specs === undefined) {
        this.#forget(lease)
        revoked++
      } else for (const element of this.#hold(lease, specs)) touched.add(element)
    }
    return { revoked, ...this.#settle(touched) }
  }

  /** The grants of those concerned. */
  *concerned(concern: Concern): Generator<Grant> {
    for (const lease of this.#leases.rows()) if (concern(this.#sourceOf(lease))) yield this.#grantOf(lease)
  }

  /** The grants of those concerned to which `judge` gives other elements than they hold: one a step, undefined where it does not. What is granted meanwhile is looked at as well. */
  *differing(judge: (holder: Holder) => readonly ElementSpec[] | undefined, concern: Concern): Generator<Grant | undefined> {
    for (const lease of this.#leases.rows()) {
      if (!concern(this.#sourceOf(lease))) {
        yield undefined
        continue
      }
      const grant = this.#grantOf(lease)
      const specs = judge(grant)
      yield specs !== undefined && this.#holdsExactly(lease, specs) ? undefined : grant
    }
  }

  /** Forgets what names have beyond the addresses that they may: what has been unused longest. */
  displace(): Expired {
    return this.#end(this.#holdings.takeOverfull().flatMap(({ holding, surplus }) => this.#firstToEnd(holding).slice(0, surplus)))
  }

  /** Forgets the grants that have ended, so many at a time, and the elements that nobody holds any more. */
  expire(now: number, most = Number.POSITIVE_INFINITY): Expired {
    const { until } = this.#leases.columns
    const ended: number[] = []
    for (const lease of this.#wheel.due(now, most)) {
      if (until[lease]! > now) this.#wheel.schedule(lease, until[lease]!)
      else ended.push(lease)
    }
    return this.#end(ended)
  }

  #end(leases: readonly number[]): Expired {
    const grants: Ended[] = []
    const elements: ElementSpec[] = []
    for (const lease of leases) {
      grants.push({ ...this.#grantOf(lease), specs: this.#specsHeldBy(lease) })
      for (const element of this.#letGo(lease)) {
        if (this.#elements.isHeld(element)) continue
        elements.push(this.#elements.specOf(element))
        this.#elements.remove(element)
      }
      this.#forget(lease)
    }
    return { grants, elements }
  }

  /** They were opened, or used, the longest time ago. */
  #firstToEnd(holding: number): readonly number[] {
    const { until } = this.#leases.columns
    return [...this.#leasesOf.rows(holding)].sort((one, other) => until[one]! - until[other]!)
  }

  /** Brings elements whose holders have changed up to date, and says what the kernel must be told. */
  #settle(touched: Iterable<number>): { readonly put: readonly ElementWrite[]; readonly remove: readonly ElementSpec[] } {
    const put: ElementWrite[] = []
    const remove: ElementSpec[] = []
    for (const element of touched) {
      const spec = this.#elements.specOf(element)
      if (!this.#elements.isHeld(element)) {
        this.#elements.remove(element)
        remove.push(spec)
      } else if (this.#refresh(element)) {
        put.push({ spec, until: this.#elements.untilOf(element), comment: this.#elements.commentOf(element), renew: true })
      }
    }
    return { put, remove }
  }

  /** Derives time and comment from the holders. True: something is new. */
  #refresh(element: number): boolean {
    const elements = this.#elements
    const until = elements.holdersOf(element).reduce((latest, lease) => Math.max(latest, this.#leases.columns.until[lease]!), 0)
    const comment = this.#commentFor(element)
    const isNew = until !== elements.untilOf(element) || comment !== elements.commentOf(element)
    elements.setUntil(element, until)
    elements.setComment(element, comment)
    return isNew
  }

  #namesOf(element: number): Name[] {
    return [...this.#elements.holdersOf(element).map((lease) => this.#holdings.nameOf(this.#leases.columns.holding[lease]!))]
  }

  #commentFor(element: number): string {
    return formatComment(this.#namesOf(element), this.#elements.specOf(element).target.commentPrefix)
  }

  #hold(lease: number, specs: readonly ElementSpec[]): readonly number[] {
    const until = this.#leases.columns.until[lease]!
    return specs.map((spec) => {
      const element = this.#elements.findOrAdd(spec)
      this.#elements.hold(element, lease)
      if (this.#elements.untilOf(element) < until) this.#elements.setUntil(element, until)
      return element
    })
  }

  /** All that it holds; returns that. */
  #letGo(lease: number): readonly number[] {
    const held = this.#elements.heldBy(lease)
    for (const element of held) this.#elements.letGo(element, lease)
    return held
  }

  #holdsExactly(lease: number, specs: readonly ElementSpec[]): boolean {
    const held = this.#elements.heldBy(lease)
    return held.length === specs.length && specs.every((spec) => held.includes(this.#elements.find(spec)))
  }

  #specsHeldBy(lease: number): readonly ElementSpec[] {
    return this.#elements.heldBy(lease).map((element) => this.#elements.specOf(element))
  }

  /** By source, not by client: of a client known by a prefix, each source has elements of its own. */
  #find(holder: Holder): number {
    const holding = this.#holdings.find(holder)
    const address = this.#addresses.numberOf(holder.address)
    if (holding === NONE || address === NONE) return NONE
    const { columns } = this.#leases
    let lease = this.#leases.first(hashOf(holding, address))
    while (lease !== NONE && !(columns.holding[lease] === holding && columns.address[lease] === address)) lease = this.#leases.after(lease)
    return lease
  }

  #add(opening: Opening): number {
    const holding = this.#holdings.take(opening)
    const address = this.#addresses.hold(opening.address)
    const lease = this.#leases.add(hashOf(holding, address))
    const { columns } = this.#leases
    columns.holding[lease] = holding
    columns.address[lease] = address
    columns.until[lease] = 0
    columns.freshUntil[lease] = 0
    columns.confirmedUntil[lease] = 0
    this.#leasesOf.append(holding, lease)
    return lease
  }

  #forget(lease: number): void {
    const { holding, address } = this.#leases.columns
    this.#wheel.cancel(lease)
    this.#leasesOf.remove(holding[lease]!, lease)
    this.#holdings.release(holding[lease]!)
    this.#addresses.release(address[lease]!)
    this.#leases.remove(lease)
  }

  #sourceOf(lease: number): Address {
    return this.#holdings.sourceOf(this.#leases.columns.holding[lease]!)
  }

  #grantOf(lease: number): Grant {
    const { holding, address, until, freshUntil, confirmedUntil } = this.#leases.columns
    return {
      clientId: this.#holdings.clientIdOf(holding[lease]!),
      payer: this.#holdings.payerOf(holding[lease]!),
      source: this.#sourceOf(lease),
      name: this.#holdings.nameOf(holding[lease]!),
      address: this.#addresses.textOf(address[lease]!),
      until: until[lease]!,
      freshUntil: freshUntil[lease]!,
      confirmedUntil: confirmedUntil[lease]!,
    }
  }
}
