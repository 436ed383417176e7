// What is open, for whom, by which names, until when: the updater's memory of what the kernel has acknowledged.
// Everything here is derived from grants; no kernel and no policy in here.

import { commentOf } from './comment.ts'
import type { Concern } from './concern.ts'
import { addToDraft, type Draft, isNews, toWrite } from './draft.ts'
import { Holdings } from './holding.ts'
import type { Element, ElementSpec, ElementWrite, Grant, Holder, Opening } from './lease.ts'
import { createWheel, type Wheel } from './wheel.ts'

export interface Rejudged {
  /** How many grants were given up. */
  readonly revoked: number
  readonly put: readonly ElementWrite[]
  /** What nobody holds any more. */
  readonly remove: readonly ElementSpec[]
}

export interface Expired {
  readonly grants: readonly Grant[]
  /** What nobody holds any more. */
  readonly elements: readonly ElementSpec[]
}

export class LeaseBook {
  readonly #grants = new Map<string, Grant>()
  readonly #elements = new Map<string, Element>()
  /** How many elements each set has. */
  readonly #counts = new Map<string, number>()
  readonly #holdings: Holdings
  readonly #wheel: Wheel<Grant>

  /** No source holds more than `mostAddresses` by one name for longer than until the next `displace`. */
  constructor(now: number, mostAddresses = Number.POSITIVE_INFINITY) {
    this.#wheel = createWheel(now)
    this.#holdings = new Holdings(mostAddresses)
  }

  get size(): number {
    return this.#grants.size
  }

  grants(): IterableIterator<Grant> {
    return this.#grants.values()
  }

  elements(): IterableIterator<Element> {
    return this.#elements.values()
  }

  get elementCount(): number {
    return this.#elements.size
  }

  /** Sets are bounded each for itself: this one is full first. */
  get fullestSetSize(): number {
    return Math.max(0, ...this.#counts.values())
  }

  hasElement(id: string): boolean {
    return this.#elements.has(id)
  }

  /** How many leases a payer has. */
  countOf(payer: string): number {
    return this.#holdings.countOf(payer)
  }

  /** How many of the openings are of holders not in the book, by payer. */
  newByPayer(openings: readonly Opening[]): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const opening of openings) {
      if (!this.#grants.has(keyOf(opening))) counts.set(opening.payer, (counts.get(opening.payer) ?? 0) + 1)
    }
    return counts
  }

  /** What must be written so that all openings hold. Changes nothing. An element that lasts long enough already is not written. */
  plan(openings: readonly Opening[]): readonly ElementWrite[] {
    const drafts = new Map<string, Draft>()
    for (const opening of openings) {
      const grant = this.#grants.get(keyOf(opening))
      for (const spec of opening.specs) addToDraft(drafts, spec, this.#elements.get(spec.id), opening, grant)
    }
    return [...drafts.values()].filter(isNews).map(toWrite)
  }

  /** Notes what the kernel has acknowledged. */
  record(openings: readonly Opening[], writes: readonly ElementWrite[]): void {
    for (const opening of openings) this.grant(opening)
    for (const { spec, comment } of writes) this.#elements.get(spec.id)!.comment = comment
  }

  /** Adds a grant, or lengthens it: a shorter one never shortens. */
  grant(opening: Opening): void {
    const key = keyOf(opening)
    const known = this.#grants.get(key)
    const grant = known ?? newGrant(opening)
    grant.until = Math.max(grant.until, opening.until)
    grant.freshUntil = Math.max(grant.freshUntil, opening.freshUntil)
    grant.confirmedUntil = Math.max(grant.confirmedUntil, opening.confirmedUntil)
    if (known === undefined) {
      this.#grants.set(key, grant)
      this.#holdings.add(grant)
      this.#wheel.schedule(grant, grant.until)
    }
    this.#hold(grant, opening.specs)
  }

  /** Judges grants anew, all unless told which: the elements that each is entitled to now, undefined for none and revoked. */
  rejudge(judge: (grant: Grant) => readonly ElementSpec[] | undefined, which: Iterable<Grant> = this.#grants.values()): Rejudged {
    const touched = new Set<Element>()
    const countBefore = this.#grants.size
    for (const grant of which) {
      if (this.#grants.get(keyOf(grant)) !== grant) continue
      const specs = judge(grant)
      if (specs !== undefined && holdsExactly(grant, specs)) continue
      if (specs === undefined) this.#forget(grant)
      for (const element of this.#moveTo(grant, specs ?? [])) touched.add(element)
    }
    return { revoked: countBefore - this.#grants.size, ...this.#settle(touched) }
  }

  concerned(concern: Concern): Iterable<Grant> {
    return this.#grants.values().filter(({ source }) => concern(source))
  }

  /** The grants of those concerned to which `judge` gives other elements than they hold: one a step, undefined where it does not. What is granted meanwhile is looked at as well. */
  *differing(judge: (grant: Grant) => readonly ElementSpec[] | undefined, concern: Concern): Generator<Grant | undefined> {
    for (const grant of this.#grants.values()) {
      const specs = concern(grant.source) ? judge(grant) : undefined
      yield !concern(grant.source) || (specs !== undefined && holdsExactly(grant, specs)) ? undefined : grant
    }
  }

  /** Forgets what names have beyond the addresses that they may: what has been unused longest. */
  displace(): Expired {
    const grants = this.#holdings.takeSurplus()
    return { grants, elements: grants.flatMap((grant) => this.#release(grant)) }
  }

  /** Forgets the grants that have ended, so many at a time, and the elements that nobody holds any more. */
  expire(now: number, most = Number.POSITIVE_INFINITY): Expired {
    const grants: Grant[] = []
    for (const grant of this.#wheel.due(now, most)) {
      if (this.#grants.get(keyOf(grant)) !== grant) continue
      if (grant.until > now) this.#wheel.schedule(grant, grant.until)
      else grants.push(grant)
    }
    return { grants, elements: grants.flatMap((grant) => this.#release(grant)) }
  }

  /** Makes a grant hold these elements and no others; returns those before and those now. */
  #moveTo(grant: Grant, specs: readonly ElementSpec[]): readonly Element[] {
    const before = grant.elements
    for (const element of before) element.grants.delete(grant)
    this.#hold(grant, specs)
    return [...before, ...grant.elements]
  }

  /** Brings elements whose holders have changed up to date, and says what the kernel must be told. */
  #settle(touched: Iterable<Element>): { readonly put: readonly ElementWrite[]; readonly remove: readonly ElementSpec[] } {
    const put: ElementWrite[] = []
    const remove: ElementSpec[] = []
    for (const element of touched) {
      if (element.grants.size === 0) {
        this.#remove(element.spec)
        remove.push(element.spec)
      } else if (refresh(element)) {
        put.push({ spec: element.spec, until: element.until, comment: element.comment, renew: true })
      }
    }
    return { put, remove }
  }

  #hold(grant: Grant, specs: readonly ElementSpec[]): void {
    grant.elements = specs.map((spec) => {
      const element = this.#elements.get(spec.id) ?? this.#add(spec)
      element.grants.add(grant)
      element.until = Math.max(element.until, grant.until)
      return element
    })
  }

  #add(spec: ElementSpec): Element {
    const element = { spec, grants: new Set<Grant>(), until: 0, comment: '' }
    this.#elements.set(spec.id, element)
    this.#counts.set(spec.target.id, (this.#counts.get(spec.target.id) ?? 0) + 1)
    return element
  }

  #remove({ id, target }: ElementSpec): void {
    this.#elements.delete(id)
    this.#counts.set(target.id, this.#counts.get(target.id)! - 1)
  }

  #forget(grant: Grant): void {
    this.#grants.delete(keyOf(grant))
    this.#holdings.remove(grant)
  }

  /** The grant remembers what it held. */
  #release(grant: Grant): readonly ElementSpec[] {
    this.#forget(grant)
    for (const element of grant.elements) element.grants.delete(grant)
    const ended = grant.elements.filter((element) => element.grants.size === 0).map(({ spec }) => spec)
    for (const spec of ended) this.#remove(spec)
    return ended
  }
}

function holdsExactly({ elements }: Grant, specs: readonly ElementSpec[]): boolean {
  return elements.length === specs.length && elements.every((element, index) => element.spec.id === specs[index]?.id)
}

/** Derives time and comment from the holders. True: something is new. */
function refresh(element: Element): boolean {
  const until = Iterator.from(element.grants).reduce((latest, grant) => Math.max(latest, grant.until), 0)
  const comment = commentOf(element)
  const isNew = until !== element.until || comment !== element.comment
  element.until = until
  element.comment = comment
  return isNew
}

/** By source, not by client: of a client known by a prefix, each source has elements of its own. Neither part holds blanks. */
function keyOf({ source, name, address }: Holder): string {
  return `${source} ${name} ${address}`
}

function newGrant({ clientId, payer, source, name, address, until, freshUntil, confirmedUntil }: Opening): Grant {
  return { clientId, payer, source, name, address, until, freshUntil, confirmedUntil, elements: [] }
}
