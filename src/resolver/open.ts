import type { Asker } from './asker.ts'
import type { Counters } from './counters.ts'
import type { Judge } from './judge.ts'
import type { Client, Question, ResolverOptions } from './ports.ts'
import { notOpened, type Settled } from './settled.ts'

/** What became of an attempt: open, refused for good, or judged by another policy revision than the updater's. */
export type Opening = { readonly kind: 'open' } | { readonly kind: 'failed'; readonly reply: Settled } | { readonly kind: 'other-revision' }

export type Open = (asker: Asker, client: Client, question: Question, settled: Settled, revision: string) => Opening | Promise<Opening>

const OPEN: Opening = { kind: 'open' }
const OTHER_REVISION: Opening = { kind: 'other-revision' }
const succeed = (): Opening => OPEN

type Ports = Pick<ResolverOptions, 'leases' | 'now'>

/** Makes sure that the kernel knows every address of an answer before the client does. Each client opens for itself. */
export function createOpen({ leases, now }: Ports, judge: Judge, counters: Counters): Open {
  function fail(error: unknown): Opening {
    const reason = reasonOf(error)
    if (reason === 'revision') return OTHER_REVISION
    counters.leaseFailures++
    return { kind: 'failed', reply: notOpened(reason) }
  }

  return ({ source }, client, { name }, settled, revision) => {
    const { holder, addresses, expiresAt, stale } = settled
    if (holder === undefined || judge.isOpen(client, settled)) return OPEN
    // A second more than is left, so that rounding on the way never makes the lease a moment too short.
    const ttlSeconds = Math.max(0, Math.floor((expiresAt - now()) / 1000)) + 1
    return leases.open(holder, { client, source, name, addresses, ttlSeconds, stale, revision }).then(succeed, fail)
  }
}

/** Rethrows what is no lease error. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && 'reason' in error) return String(error.reason)
  throw error
}
