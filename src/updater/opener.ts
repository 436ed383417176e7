// Group commit: whatever waits goes to the kernel in one transaction with one acknowledgement.

import { NetlinkError } from '../linux/error.ts'
import type { RefusalReason } from '../leases/protocol.ts'
import type { LeaseBook } from './book.ts'
import type { Firewall } from './firewall.ts'
import type { Opening } from './lease.ts'

export type Outcome = { readonly kind: 'open' } | { readonly kind: 'refused'; readonly reason: RefusalReason; readonly message: string }

export interface OpenerPorts {
  readonly book: LeaseBook
  readonly firewall: Firewall
  readonly mostLeases: number
  /** Brings back what has vanished from the kernel, live leases included. False: it could not. */
  restore(): boolean
}

const OPEN: Outcome = { kind: 'open' }
/** The message or its reply was lost, nobody's fault; writing the same twice does no harm. */
const TRANSIENT = new Set(['ENOBUFS', 'EINTR', 'EAGAIN'])
const MOST_ATTEMPTS = 3

/** Opens each group (the openings of one request) wholly or not at all. On an error each is tried alone, so that only the culprit fails. */
export function openGroups(ports: OpenerPorts, groups: readonly (readonly Opening[])[], now: number): readonly Outcome[] {
  const together = tryOpen(ports, groups.flat(), now)
  if (together.kind === 'open' || groups.length === 1) return groups.map(() => together)
  return groups.map((group) => tryOpen(ports, group, now))
}

function tryOpen(ports: OpenerPorts, openings: readonly Opening[], now: number): Outcome {
  const { book, firewall } = ports
  if (book.size + book.countNew(openings) > ports.mostLeases) {
    return { kind: 'refused', reason: 'limit', message: `${ports.mostLeases} leases are open: the limit` }
  }
  const writes = book.plan(openings)
  try {
    attempt(ports, () => firewall.write(writes, now))
  } catch (error) {
    if (error instanceof NetlinkError) return refuse(error)
    throw error
  }
  book.record(openings, writes)
  return OPEN
}

/** Repeats what failed by no fault of its own: lost replies, and a table or set that somebody took away. */
function attempt({ restore }: OpenerPorts, write: () => void): void {
  for (let attempts = 1; ; attempts++) {
    try {
      return write()
    } catch (error) {
      if (attempts === MOST_ATTEMPTS || !(error instanceof NetlinkError)) throw error
      const isOver = TRANSIENT.has(error.code) || (error.code === 'ENOENT' && restore())
      if (!isOver) throw error
    }
  }
}

function refuse(error: NetlinkError): Outcome {
  if (error.code === 'ENFILE') return { kind: 'refused', reason: 'limit', message: 'the set is full' }
  return { kind: 'refused', reason: 'kernel', message: `the kernel refused the elements: ${error.message}` }
}
