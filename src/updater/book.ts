// What is open, for whom, by which names, until when: the updater's memory of what the kernel has acknowledged.
// Everything here is derived from grants; no kernel and no policy in here.

import { formatComment } from './comment.ts'
import type { Element, ElementSpec, ElementWrite, Grant, Holder, Name, Opening } from './lease.ts'
import { createWheel, type Wheel } from './wheel.ts'

export interface Revoked {
  /** How many grants were given up. */
  readonly grants: number
  /** Elements that nobody holds any more. */
  readonly elements: readonly Element[]
}

export class LeaseBook {
  #grants = new Map<string, Grant>()
  #elements = new Map<string, Element>()
  readonly #wheel: Wheel<Grant>

  constructor(now: number) {
    this.#wheel = createWheel(now)
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

  hasElement(id: string): boolean {
    return this.#elements.has(id)
  }

  /** How many of the openings are of holders not in the book. */
  countNew(openings: readonly Opening[]): number {
    return openings.filter((opening) => !this.#grants.has(keyOf(opening))).length
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
    if (known === undefined) {
      this.#grants.set(key, grant)
      this.#wheel.schedule(grant, grant.until)
    }
    this.#hold(grant, opening.specs)
  }

  /** Judges every grant anew: the elements it is entitled to now, undefined for none and revoked. */
  rejudge(judge: (grant: Grant) => readonly ElementSpec[] | undefined): Revoked {
    const before = this.#elements
    const countBefore = this.#grants.size
    this.#elements = new Map()
    for (const [key, grant] of this.#grants) {
      const specs = judge(grant)
      if (specs === undefined) this.#grants.delete(key)
      else this.#hold(grant, specs)
    }
    for (const element of this.#elements.values()) element.comment = commentOf(element)
    const elements = [...before.values()].filter((element) => !this.#elements.has(element.spec.id))
    return { grants: countBefore - this.#grants.size, elements }
  }

  /** Forgets the grants that have ended; returns the elements that nobody holds any more. */
  expire(now: number): readonly Element[] {
    const ended: Element[] = []
    for (const grant of this.#wheel.due(now)) {
      if (this.#grants.get(keyOf(grant)) !== grant) continue
      if (grant.until > now) this.#wheel.schedule(grant, grant.until)
      else this.#release(grant, ended)
    }
    return ended
  }

  #hold(grant: Grant, specs: readonly ElementSpec[]): void {
    grant.elements = specs.map((spec) => {
      const element = this.#elements.get(spec.id) ?? { spec, grants: new Set<Grant>(), until: 0, comment: '' }
      this.#elements.set(spec.id, element)
      element.grants.add(grant)
      element.until = Math.max(element.until, grant.until)
      return element
    })
  }

  #release(grant: Grant, ended: Element[]): void {
    this.#grants.delete(keyOf(grant))
    for (const element of grant.elements) {
      element.grants.delete(grant)
      if (element.grants.size > 0) continue
      this.#elements.delete(element.spec.id)
      ended.push(element)
    }
  }
}

/** An element as it would be after a batch. */
interface Draft {
  readonly spec: ElementSpec
  readonly before: Element | undefined
  until: number
  /** Undefined while it has the holders it had before. */
  names: Set<Name> | undefined
}

function addToDraft(
  drafts: Map<string, Draft>,
  spec: ElementSpec,
  before: Element | undefined,
  opening: Opening,
  grant: Grant | undefined,
): void {
  const draft = drafts.get(spec.id) ?? { spec, before, until: before?.until ?? 0, names: undefined }
  drafts.set(spec.id, draft)
  draft.until = Math.max(draft.until, opening.until)
  if (grant !== undefined && before?.grants.has(grant)) return
  draft.names ??= before === undefined ? new Set() : namesOf(before)
  draft.names.add(opening.name)
}

function isNews({ before, names, until }: Draft): boolean {
  return names !== undefined || before === undefined || until > before.until
}

function toWrite({ spec, before, names, until }: Draft): ElementWrite {
  const comment = names === undefined ? before!.comment : formatComment(names, spec.target.commentPrefix)
  return { spec, until, comment, renew: before !== undefined && before.comment !== comment }
}

function namesOf(element: Element): Set<Name> {
  return new Set([...element.grants].map((grant) => grant.name))
}

/** The comment that an element's holders make. */
export function commentOf(element: Element): string {
  return formatComment(namesOf(element), element.spec.target.commentPrefix)
}

/** By source, not by client: of a client known by a prefix, each source has elements of its own. Neither part holds blanks. */
function keyOf({ source, name, address }: Holder): string {
  return `${source} ${name} ${address}`
}

function newGrant({ clientId, source, name, address, until }: Opening): Grant {
  return { clientId, source, name, address, until, elements: [] }
}
