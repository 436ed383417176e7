// The comment of a set element: the names that hold it, so that `nft list set` explains itself and a restarted updater
// knows what it finds. Canonical names hold neither blanks nor quotes nor control characters.

import type { Name } from './lease.ts'

/** What nft(8) prints. */
const COMMENT_OCTETS = 128
/** Leaves room for " +" and a number. */
const NAMES_OCTETS = COMMENT_OCTETS - ' +4294967295'.length
const NAME = /^[a-z0-9_.*\\-]+$/

/** As many names as fit, each once, then `+n` for the others, and for those that are `unread`: "api.example.org www.example.org +2". */
export function formatComment(names: readonly Name[], prefix = '', unread = 0): string {
  let text = prefix
  let listed = 0
  const distinct = names.length > 1 ? new Set(names) : names
  for (const name of distinct) {
    const longer = text === '' ? name : `${text} ${name}`
    if (longer.length > NAMES_OCTETS) break
    text = longer
    listed++
  }
  const left = ('size' in distinct ? distinct.size : distinct.length) - listed + unread
  if (left === 0) return text
  return text === '' ? `+${left}` : `${text} +${left}`
}

/** The names that a comment of ours lists; undefined without our prefix. */
export function parseComment(comment: string | undefined, prefix = ''): readonly Name[] | undefined {
  if (comment === undefined || !comment.startsWith(prefix)) return undefined
  const words = comment.slice(prefix.length).split(' ')
  return words.filter((word): word is Name => NAME.test(word))
}
