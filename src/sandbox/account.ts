// What came of a run: which names and addresses were refused, which were reached, and what would allow the rest.

import type { Decided, JournalRecord } from '../journal/record.ts'
import { parseAddress } from '../net/address.ts'
import { containsAddress, type Prefix } from '../net/prefix.ts'
import { isMetadata, isSpecialPurpose } from '../net/special.ts'
import { isNeighbor } from './neighbor.ts'
import { HOST, HOST_NAME } from './plan.ts'

/** The machine form. A change of meaning raises the version that it is printed with. */
export interface Account {
  readonly refused: readonly Refused[]
  readonly contacted: readonly Reached[]
}

export interface Refused {
  /** A name, or an address that none was asked for. */
  readonly destination: string
  /** "tcp/443"; null: refused by name, before any port was known. */
  readonly port: string | null
  /** One of this machine's own that the name, though allowed, leads to; left out of all else. */
  readonly leadsTo?: string
  readonly times: number
  /** In audit mode it was let through. */
  readonly audited: boolean
  /** What `--allow` or `sallyport allow` would take to allow it; null: a zone file denies it. */
  readonly allow: string | null
}

export interface Reached {
  readonly destination: string
  readonly port: string
  readonly connections: number
  /** In both directions; null: the kernel does not count them. */
  readonly octets: number | null
}

export interface Accountant {
  take(record: JournalRecord): void
  account(): Account
}

type Screened = Extract<JournalRecord, { readonly event: 'screened' }>
type Contact = Extract<JournalRecord, { readonly event: 'contact' }>

/** What is opened where no port is named. */
const USUAL_PORT = 'tcp/443'
const HOST_ADDRESSES: readonly string[] = Object.values(HOST)

/** The types of lookups that lead to a connection. */
const ADDRESS_TYPES: readonly string[] = ['A', 'AAAA']

/**
 * @param searched suffixes that lookups add by themselves: what is refused below them was not meant
 * @param own addresses of the machine that are not opened, by whatever name
 * @param onRefused told of what has just been refused, and may be told again: names whose address was asked for, and addresses, but
 * for those of special purpose, of metadata services, and of the machine and its neighbors, which are to be named by whoever means them
 */
export function createAccountant(
  searched: readonly string[],
  own: readonly Prefix[] = [],
  onRefused: (refused: Refused) => void = () => {},
): Accountant {
  const names = new Map<string, Refused & { times: number }>()
  const screened = new Map<string, Refused & { times: number }>()
  const contacts = new Map<string, Contact>()

  function take(record: JournalRecord): void {
    if (record.event === 'decision') countName(record, 1)
    else if (record.event === 'asked') countName(record, record.count)
    else if (record.event === 'screened') takeScreened(record)
    else if (record.event === 'contact') takeContact(record)
  }

  /** Of a name that is allowed, nobody would find out why it is not reached. */
  function takeScreened({ name, address, reason }: Screened): void {
    if (reason !== 'never-open' || !own.some((prefix) => containsAddress(prefix, parseAddress(address)!))) return
    const key = `${name} ${address}`
    const known = screened.get(key) ?? { destination: name, port: null, leadsTo: address, times: 0, audited: false, allow: address }
    known.times++
    screened.set(key, known)
  }

  function takeContact(contact: Contact): void {
    contacts.set(`${contact.address} ${contact.ports} ${contact.verdict === 'deny'}`, contact)
    if (contact.verdict === 'deny' && !isClosed(contact)) refusedBy(contact).forEach(onRefused)
  }

  /** Types are refused of names that are allowed, and nobody misses them. */
  function countName({ name, type, verdict, reason }: Decided, times: number): void {
    if (verdict === 'allow' || reason === 'type' || searched.some((suffix) => name.endsWith(`.${suffix}`))) return
    const allow = reason === 'deny-rule' || reason === 'special-use' ? null : name
    const known = names.get(name) ?? { destination: name, port: null, times: 0, audited: verdict === 'audit', allow }
    known.times += times
    names.set(name, known)
    if (ADDRESS_TYPES.includes(type) && name !== HOST_NAME) onRefused(known)
  }

  function account(): Account {
    const all = [...contacts.values()]
    const refused = all.filter((contact) => contact.verdict === 'deny' || (contact.verdict === 'audit' && !isNamed(contact)))
    return {
      refused: [...names.values(), ...screened.values(), ...refused.flatMap(refusedBy)],
      contacted: all.filter(({ verdict }) => verdict !== 'deny').map(reachedBy),
    }
  }

  /** What audit mode let through by a name is listed by that name. */
  function isNamed(contact: Contact): boolean {
    return contact.names.some((name) => names.has(name))
  }

  return { take, account }
}

/** Whatever is answered, these are not opened at the press of a key. */
function isClosed(contact: Contact): boolean {
  const address = parseAddress(contact.address)!
  return isSpecialPurpose(address) || isMetadata(address) || isNeighbor(address)
}

function refusedBy(contact: Contact): readonly Refused[] {
  const { ports, connections, verdict } = contact
  return destinationsOf(contact).map((destination) => ({
    destination,
    port: ports,
    times: connections,
    audited: verdict === 'audit',
    allow: allowing(destination, ports),
  }))
}

function reachedBy(contact: Contact): Reached {
  const { ports, connections, octets } = contact
  return { destination: destinationsOf(contact).join(', '), port: ports, connections, octets }
}

/** The names that the address was answered for; without any, itself. */
function destinationsOf({ address, names }: Contact): readonly string[] {
  if (names.length > 0) return names
  return [HOST_ADDRESSES.includes(address) ? HOST_NAME : address]
}

function allowing(destination: string, ports: string): string {
  if (ports === USUAL_PORT && destination !== HOST_NAME) return destination
  const port = ports.startsWith('tcp/') ? ports.slice('tcp/'.length) : ports
  return `${destination.includes(':') ? `[${destination}]` : destination}:${port}`
}
