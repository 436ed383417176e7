// What a batch of openings makes of elements: planned from what they are, and noted only when the kernel has acknowledged it.

import { formatComment } from './comment.ts'
import type { ElementTable } from './element-table.ts'
import { NONE } from './flat-table.ts'
import { namesOf } from './holder-name.ts'
import type { ElementSpec, ElementWrite, Name, Opening } from './lease.ts'
import type { LeaseTable } from './lease-table.ts'

/** An element as it will be after a batch. */
export interface Draft {
  /** Its row. */
  readonly element: number
  readonly spec: ElementSpec
  /** Undefined: it is new. */
  readonly commentBefore: string | undefined
  readonly untilBefore: number
  until: number
  /** Undefined while it has the holders it had before. */
  names: Name[] | undefined
  /** Holders whose names have not been read. */
  unread: number
  /** What of it must be written; undefined: nothing. */
  write: ElementWrite | undefined
}

/**
 * What is to be written for a batch, and the rows that it is about: finding each once is what a lease costs most (bench: commit). Elements
 * that are new have rows already, and nobody holds them.
 */
export class Plan {
  readonly openings: readonly Opening[]
  /** Rows: of each opening in turn, those of its specs. */
  readonly elements: number[] = []
  readonly drafts: Draft[] = []
  readonly #draftOf = new Map<number, Draft>()

  constructor(openings: readonly Opening[]) {
    this.openings = openings
  }

  /** One for each element. */
  draftOf(element: number, spec: ElementSpec, table: ElementTable): Draft {
    this.elements.push(element)
    return this.#draftOf.get(element) ?? this.#add(element, spec, table)
  }

  /** To be called once, when all drafts are made. */
  write(): readonly ElementWrite[] {
    const writes: ElementWrite[] = []
    for (const draft of this.drafts) {
      if (draft.names === undefined && draft.until <= draft.untilBefore) continue
      draft.write = toWrite(draft)
      writes.push(draft.write)
    }
    return writes
  }

  #add(element: number, spec: ElementSpec, table: ElementTable): Draft {
    const commentBefore = table.isHeld(element) ? table.commentOf(element) : undefined
    const untilBefore = table.untilOf(element)
    const draft = { element, spec, commentBefore, untilBefore, until: untilBefore, names: undefined, unread: 0, write: undefined }
    this.drafts.push(draft)
    this.#draftOf.set(element, draft)
    return draft
  }
}

function toWrite({ spec, commentBefore, names, unread, until }: Draft): ElementWrite {
  const comment = names === undefined ? commentBefore! : formatComment(names, spec.target.commentPrefix, unread)
  return { spec, until, comment, renew: commentBefore !== undefined && commentBefore !== comment }
}

/** Adds the elements that are new. */
export function planOpenings(openings: readonly Opening[], elements: ElementTable, leases: LeaseTable): Plan {
  const plan = new Plan(openings)
  for (const opening of openings) {
    const lease = leases.find(opening)
    for (const spec of opening.specs) {
      const element = elements.findOrAdd(spec)
      const draft = plan.draftOf(element, spec, elements)
      draft.until = Math.max(draft.until, opening.until)
      if (lease !== NONE && elements.isHeldBy(element, lease)) continue
      addName(draft, opening.name, elements, leases)
    }
  }
  return plan
}

function addName(draft: Draft, name: Name, elements: ElementTable, leases: LeaseTable): void {
  if (draft.names !== undefined) draft.names.push(name)
  else if (draft.commentBefore === undefined) draft.names = [name]
  else {
    const { names, unread } = namesOf(draft.element, elements, leases)
    names.push(name)
    draft.names = names
    draft.unread = unread
  }
}
