// Who has asked for what below which wildcard in its running hour: names as keyed hashes, so that neither memory nor the saved
// text tells them, and nobody can choose names that count as one.

import { hash, randomBytes } from 'node:crypto'
import type { Name } from '../dns/name.ts'

const HOUR_MS = 3_600_000
const KEY_OCTETS = 32
/** 48 bits: what a number holds exactly. */
const PRINT_OCTETS = 6
/** Of all accounts together: some 40 octets each, ten megabytes. Sources may be forged where nothing guards them. */
const MOST_NAMES = 262_144
const MOST_ACCOUNTS = 16_384
/** What is kept when there is no room: dropping many at once makes it rare. */
const KEPT_PART = 0.75
/** Of the saved text: a millisecond's work at most. */
const PIECE_OCTETS = 16_384

/** One payer's hour below one wildcard. It begins with the first name. */
export class Account {
  readonly payer: string
  readonly apex: Name
  readonly endsAt: number
  octets = 0
  isReported = false
  readonly names = new Set<number>()

  constructor(payer: string, apex: Name, endsAt: number) {
    this.payer = payer
    this.apex = apex
    this.endsAt = endsAt
  }
}

export interface Ledger {
  /** That of the running hour, if there is one. */
  find(payer: string, apex: Name, now: number): Account | undefined
  /** That of the running hour; a new one if there is none. */
  accountOf(payer: string, apex: Name, now: number): Account
  /** 48 bits of a keyed hash. */
  fingerprint(name: Name): number
  /** `print` undefined: a name that has been entered before. */
  enter(account: Account, print: number | undefined, octets: number): void
  /** True the first time in the account's hour. */
  report(account: Account): boolean
  /** Grows with every change. */
  readonly revision: number
  readonly nameCount: number
  /** The text to restore it from, piece by piece: what is entered between two pieces may be in it or not. */
  save(): Iterable<string>
}

/** `saved` is what an earlier ledger was saved as. Throws where it is no such text. */
export function createLedger(saved?: string): Ledger {
  const { key, accounts } =
    saved === undefined ? { key: randomBytes(KEY_OCTETS).toString('hex'), accounts: new Map<string, Account>() } : restore(saved)
  let nameCount = [...accounts.values()].reduce((sum, { names }) => sum + names.size, 0)
  let revision = 0
  /** Mostly the same payer asks again. */
  let latest: Account | undefined

  /** One that ends later than it could was saved under another clock. */
  function find(payer: string, apex: Name, now: number): Account | undefined {
    const known = latest?.payer === payer && latest.apex === apex ? latest : accounts.get(keyOf(payer, apex))
    if (known === undefined || now >= known.endsAt || known.endsAt > now + HOUR_MS) return undefined
    latest = known
    return known
  }

  function accountOf(payer: string, apex: Name, now: number): Account {
    if (accounts.size >= MOST_ACCOUNTS || nameCount >= MOST_NAMES) makeRoom(now)
    const running = find(payer, apex, now)
    if (running !== undefined) return running
    const over = accounts.get(keyOf(payer, apex))
    if (over !== undefined) drop(over)
    const account = new Account(payer, apex, now + HOUR_MS)
    accounts.set(keyOf(payer, apex), account)
    return account
  }

  function enter(account: Account, print: number | undefined, octets: number): void {
    revision++
    account.octets += octets
    if (print === undefined) return
    account.names.add(print)
    nameCount++
  }

  function report(account: Account): boolean {
    if (account.isReported) return false
    revision++
    account.isReported = true
    return true
  }

  /** Those whose hour is over go, then those who have spent least. */
  function makeRoom(now: number): void {
    for (const account of accounts.values()) if (account.endsAt <= now) drop(account)
    const poorestFirst = [...accounts.values()].sort((one, other) => one.octets - other.octets)
    for (const account of poorestFirst) {
      if (accounts.size <= MOST_ACCOUNTS * KEPT_PART && nameCount <= MOST_NAMES * KEPT_PART) return
      drop(account)
    }
  }

  function drop(account: Account): void {
    if (account === latest) latest = undefined
    if (accounts.delete(keyOf(account.payer, account.apex))) nameCount -= account.names.size
  }

  return {
    find,
    accountOf,
    // A key in front is enough where the hash is cut, and costs a tenth of an HMAC.
    fingerprint: (name) => leadingNumber(hash('sha256', key + name, 'binary')),
    enter,
    report,
    get revision() {
      return revision
    },
    get nameCount() {
      return nameCount
    },
    save: () => textOf(key, accounts.values()),
  }
}

function* textOf(key: string, accounts: Iterable<Account>): Generator<string> {
  let text = `{"key":${JSON.stringify(key)},"accounts":[`
  let isFirst = true
  for (const account of accounts) {
    text += isFirst ? '{"names":[' : ',{"names":['
    isFirst = false
    let separator = ''
    for (const name of account.names) {
      text += separator + name
      separator = ','
      if (text.length < PIECE_OCTETS) continue
      yield text
      text = ''
    }
    // After its names, so that what has been entered meanwhile is not forgotten.
    const { names, ...rest } = account
    text += `],${JSON.stringify(rest).slice(1)}`
  }
  yield `${text}]}`
}

/** The first octets as a number, the first of them the most significant. */
function leadingNumber(octets: string): number {
  let number = 0
  for (let at = 0; at < PRINT_OCTETS; at++) number = number * 256 + octets.charCodeAt(at)
  return number
}

/** No name has a blank. */
function keyOf(payer: string, apex: Name): string {
  return `${apex} ${payer}`
}

function restore(saved: string): { readonly key: string; readonly accounts: Map<string, Account> } {
  const { key, accounts } = JSON.parse(saved) as { key: string; accounts: Account[] }
  const restored = accounts.map(({ payer, apex, endsAt, octets, isReported, names }) => {
    const account = new Account(String(payer), String(apex) as Name, Number(endsAt))
    account.octets = Number(octets)
    account.isReported = Boolean(isReported)
    for (const print of names) account.names.add(Number(print))
    return [keyOf(account.payer, account.apex), account] as const
  })
  return { key: String(key), accounts: new Map(restored) }
}
