import { type CachedOutcome, type Failure, variantOf } from '../cache/cache.ts'
import { withoutAddresses } from '../dns/answer.ts'
import { createExplanation } from '../dns/explanation.ts'
import { EDE, RCODE } from '../dns/vocabulary.ts'
import { screenAddress } from '../policy/decide.ts'
import { type Allow, areSamePorts, type Screened } from '../policy/verdict.ts'
import type { Counters } from './counters.ts'
import type { Address, Client, LeaseHolder, Question, ResolverOptions } from './ports.ts'
import { negative, type Settled } from './settled.ts'

const ALL_REMOVED = createExplanation(EDE.blocked, 'every address of this name is one that may not be opened')

const STALE = createExplanation(EDE.staleAnswer, 'upstream does not answer')
const STALE_NXDOMAIN = createExplanation(EDE.staleNxdomainAnswer, 'upstream does not answer')

/**
 * Of each answer: nobody connects to more, and whoever serves the name could have the updater open thousands of others with each question.
 * An updater that keeps few addresses of a name keeps as many (updater.limits.addressesPerName).
 */
const MOST_ADDRESSES = 256

/** What upstream said, less the addresses that may not be opened for this name and client. */
export type Screen = (client: Client, verdict: Allow, question: Question, cached: CachedOutcome) => Settled

/** Of whoever gets a cached answer whole. */
interface SharedHolder {
  readonly ports: Allow['ports']
  readonly holder: LeaseHolder
}

type Ports = Pick<ResolverOptions, 'observer' | 'wallClock' | 'createLeaseHolder' | 'isOwnAddress' | 'translated'>

export function createScreen(ports: Ports, counters: Counters): Screen {
  const { observer, wallClock, createLeaseHolder, isOwnAddress, translated } = ports

  /** An address of the gateway is as good as a private one, and one that the network translates as good as what it leads to. */
  function reasonAgainst(address: Address, client: Client, verdict: Allow): Screened | undefined {
    const reason = screenAddress(client.view, verdict, address, wallClock())
    if (reason !== undefined) return reason
    if (!verdict.private && isOwnAddress(address)) return 'gateway'
    const led = translated(address)
    return led === undefined ? undefined : reasonAgainst(led, client, verdict)
  }

  /** Undefined: none, as nearly always. */
  function removedFrom(
    addresses: readonly Address[],
    client: Client,
    verdict: Allow,
    question: Question,
  ): ReadonlySet<Address> | undefined {
    let removed: Set<Address> | undefined
    let kept = 0
    for (const address of addresses) {
      const reason = reasonAgainst(address, client, verdict)
      if (reason === undefined && ++kept <= MOST_ADDRESSES) continue
      removed ??= new Set()
      removed.add(address)
      if (reason === undefined) continue
      counters.screened++
      observer.onScreened(client, question.name, address, reason)
    }
    return removed
  }

  /**
   * The same addresses and ports are the same elements, by whatever entries they are allowed: after a change of policy that leaves them alone
   * what is open for a client is known, and nobody waits for it to be opened again.
   */
  function sharedHolder(cached: CachedOutcome, ports: Allow['ports']): LeaseHolder {
    const known = cached.companion as SharedHolder | undefined
    if (known !== undefined && areSamePorts(known.ports, ports)) return known.holder
    const holder = createLeaseHolder()
    cached.companion = { ports, holder } satisfies SharedHolder
    return holder
  }

  return (client, verdict, question, cached) => {
    const { outcome, expiresAt, refreshAt, isStale } = cached
    const variant = variantOf(question.type, question.dnssecOk)
    if (outcome.kind === 'failure') return failed(outcome, expiresAt, variant)
    const removed = removedFrom(outcome.addresses, client, verdict, question)
    const kept = removed === undefined ? outcome : withoutAddresses(outcome, question.name, removed)
    if (kept === undefined) return negative(RCODE.NOERROR, ALL_REMOVED, expiresAt, variant)
    const holder = kept.addresses.length === 0 ? undefined : kept === outcome ? sharedHolder(cached, verdict.ports) : createLeaseHolder()
    if (isStale) counters.stale++
    return {
      variant,
      expiresAt,
      refreshAt,
      // What was validated then may have expired since.
      template: isStale ? { ...kept.template, authentic: false } : kept.template,
      rcode: kept.template.rcode,
      explanation: !isStale ? undefined : kept.kind === 'nxdomain' ? STALE_NXDOMAIN : STALE,
      addresses: kept.addresses,
      holder,
      stale: isStale,
    }
  }
}

function failed({ explanation }: Failure, expiresAt: number, variant: number): Settled {
  return negative(RCODE.SERVFAIL, explanation, expiresAt, variant)
}
