// The names by which an element is held, for its comment.

import type { ElementTable } from './element-table.ts'
import type { Name } from './lease.ts'
import type { LeaseTable } from './lease-table.ts'

/**
 * Holders of an element whose names are read for its comment, which lists a few. A sandbox may have thousands of names below a wildcard lead
 * to one address, and each that is opened writes the comment anew: beyond so many, each holder counts as a name of its own.
 */
const MOST_READ = 1024

export interface HolderNames {
  /** Of the first that hold it, in the order in which they came. */
  readonly names: Name[]
  /** How many others hold it. */
  readonly unread: number
}

export function namesOf(element: number, elements: ElementTable, leases: LeaseTable): HolderNames {
  const holders = elements.holdersOf(element).take(MOST_READ)
  const unread = Math.max(0, elements.holderCountOf(element) - MOST_READ)
  return { names: [...holders.map((lease) => leases.nameOf(lease))], unread }
}
