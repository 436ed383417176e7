// What a batch of openings would make of elements: planned from what they are, and noted only when the kernel has acknowledged it.

import { formatComment, namesOf } from './comment.ts'
import type { Element, ElementSpec, ElementWrite, Grant, Name, Opening } from './lease.ts'

/** An element as it would be after a batch. */
export interface Draft {
  readonly spec: ElementSpec
  readonly before: Element | undefined
  until: number
  /** Undefined while it has the holders it had before. */
  names: Set<Name> | undefined
}

/** Notes in `drafts`, by element, what the opening wants of it. `grant`: what its holder has already. */
export function addToDraft(
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

/** Must it be written? */
export function isNews({ before, names, until }: Draft): boolean {
  return names !== undefined || before === undefined || until > before.until
}

export function toWrite({ spec, before, names, until }: Draft): ElementWrite {
  const comment = names === undefined ? before!.comment : formatComment(names, spec.target.commentPrefix)
  return { spec, until, comment, renew: before !== undefined && before.comment !== comment }
}
