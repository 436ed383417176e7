// What a batch of openings would make of elements: planned from what they are, and noted only when the kernel has acknowledged it.

import { formatComment } from './comment.ts'
import type { ElementTable } from './element-table.ts'
import { type ElementSpec, type ElementWrite, elementText, type Name } from './lease.ts'

/** An element as it would be after a batch. */
export interface Draft {
  readonly spec: ElementSpec
  /** Undefined: it is not in the book. */
  readonly before: { readonly until: number; readonly comment: string } | undefined
  until: number
  /** Undefined while it has the holders it had before. */
  names: Name[] | undefined
  /** Holders whose names have not been read. */
  unread: number
}

/** One for each element. */
export class Drafts {
  readonly #drafts = new Map<number | string, Draft>()

  of(element: number, spec: ElementSpec, elements: ElementTable): Draft {
    const known = this.#drafts.get(element)
    if (known !== undefined) return known
    const before = { until: elements.untilOf(element), comment: elements.commentOf(element) }
    return this.#add(element, { spec, before, until: before.until, names: undefined, unread: 0 })
  }

  ofNew(spec: ElementSpec): Draft {
    const key = elementText(spec)
    return this.#drafts.get(key) ?? this.#add(key, { spec, before: undefined, until: 0, names: undefined, unread: 0 })
  }

  /** What of it must be written. */
  writes(): readonly ElementWrite[] {
    return [...this.#drafts.values()].filter(isNews).map(toWrite)
  }

  #add(key: number | string, draft: Draft): Draft {
    this.#drafts.set(key, draft)
    return draft
  }
}

function isNews({ before, names, until }: Draft): boolean {
  return names !== undefined || before === undefined || until > before.until
}

function toWrite({ spec, before, names, unread, until }: Draft): ElementWrite {
  const comment = names === undefined ? before!.comment : formatComment(names, spec.target.commentPrefix, unread)
  return { spec, until, comment, renew: before !== undefined && before.comment !== comment }
}
