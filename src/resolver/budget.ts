// Names below an allowed wildcard are a channel to whoever serves them: how much may pass through it in an hour.

import type { Name } from '../dns/name.ts'
import type { Counters } from './counters.ts'
import type { Account, Ledger } from './ledger.ts'
import type { Judgement, Metered } from './memory.ts'
import type { Client } from './ports.ts'

/** For one client below one wildcard. */
export interface BudgetLimits {
  /** Distinct names in an hour. */
  readonly names: number
  /** Octets in an hour: of each distinct name the labels below the wildcard as they stand on the wire, and two for every exchange with upstream. */
  readonly octets: number
  /** Is what goes beyond denied? */
  readonly enforce: boolean
}

/** What a client had spent when it first wanted more than there is. */
export interface Overspending {
  readonly client: Client
  /** Of the wildcard. */
  readonly apex: Name
  readonly names: number
  readonly octets: number
}

export interface BudgetOptions {
  readonly limits: BudgetLimits
  readonly ledger: Ledger
  readonly counters: Counters
  /** Once in an hour for a client and wildcard. */
  onOverspent(overspending: Overspending): void
}

/** What a client has used of its budget, and whether a name that is new to it would be too much. */
export interface BudgetUse {
  /** "*.example.net" */
  readonly wildcard: string
  readonly names: number
  readonly octets: number
  readonly limits: BudgetLimits
  readonly isSpent: boolean
}

export interface Budget {
  readonly permits: Permits
  /** Undefined: the name is not counted. Changes nothing. */
  useOf(client: Client, judgement: Pick<Judgement, 'name' | 'metered'>, now: number): BudgetUse | undefined
}

/** Charges a query and tells whether it may go on. Below a wildcard a name that has been paid for costs one probe; elsewhere nothing is counted. */
export type Permits = (client: Client, judgement: Judgement, goesUpstream: boolean, now: number) => boolean

/** A known name costs this much each time it goes upstream: to choose one of a thousand says no more than ten bits. */
const EXCHANGE_OCTETS = 2
/** Clients of one name: sources may be forged. */
const MOST_REMEMBERED = 4096

export function createBudget({ limits, ledger, counters, onOverspent }: BudgetOptions): Budget {
  function charge(client: Client, name: Name, { apex, paidUntil }: Metered, goesUpstream: boolean, now: number): boolean {
    const account = ledger.accountOf(client.payer, apex, now)
    const print = ledger.fingerprint(name)
    const isNew = !account.names.has(print)
    const octets = (isNew ? name.length - apex.length : 0) + (goesUpstream ? EXCHANGE_OCTETS : 0)
    const isWithin = fits(account, octets, isNew)
    if (isWithin) ledger.enter(account, isNew ? print : undefined, octets)
    else overspend(client, account)
    const mayGoOn = isWithin || !limits.enforce
    if (mayGoOn && paidUntil.size < MOST_REMEMBERED) paidUntil.set(client.payer, account.endsAt)
    return mayGoOn
  }

  function fits(account: Account, octets: number, isNew: boolean): boolean {
    return account.octets + octets <= limits.octets && !(isNew && account.names.size >= limits.names)
  }

  function overspend(client: Client, account: Account): void {
    counters.overBudget++
    if (ledger.report(account)) onOverspent({ client, apex: account.apex, names: account.names.size, octets: account.octets })
  }

  const permits: Permits = (client, { name, metered }, goesUpstream, now) => {
    if (metered === undefined) return true
    const isPaid = now < (metered.paidUntil.get(client.payer) ?? 0)
    return (isPaid && !goesUpstream) || charge(client, name, metered, goesUpstream, now)
  }

  const useOf: Budget['useOf'] = (client, { name, metered }, now) => {
    if (metered === undefined) return undefined
    const { apex } = metered
    const account = ledger.find(client.payer, apex, now)
    const isNew = account?.names.has(ledger.fingerprint(name)) !== true
    const isSpent = account !== undefined && isNew && !fits(account, name.length - apex.length + EXCHANGE_OCTETS, isNew)
    return { wildcard: `*.${apex}`, names: account?.names.size ?? 0, octets: account?.octets ?? 0, limits, isSpent }
  }

  return { permits, useOf }
}
