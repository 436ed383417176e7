// From what the kernel counts to records: each contact when it is first seen, and once a minute what has become of it.

import { NetlinkError, SystemError } from '../linux/error.ts'
import { familyOf } from '../net/address.ts'
import type { Contact, ContactLook } from '../updater/updater.ts'
import { eachBreathing } from '../zones/breath.ts'
import type { Contacted } from './record.ts'
import type { Journal } from './writer.ts'

export interface ContactOptions {
  /** Reads all that the kernel has recorded; takes its time. */
  read(): Promise<ContactLook>
  readonly journal: Pick<Journal, 'write'>
  revision(): string
  /** So many of a kind and family find room in the kernel. */
  readonly mostListed: number
  /** Raised in place. */
  readonly totals: ContactTotals
  /** Where it is counted for the client too. */
  totalOf?(client: string): ClientTotal | undefined
  /** Somebody has been refused what nobody has seen it try before. */
  onRefused?(contact: Contact): void
  /** The kernel did not tell at one of the looks that are taken by themselves. */
  onFailure?(error: Error): void
}

/** Seen since the start. */
export type ContactTotals = Readonly<Record<Contact['verdict'], ContactTotal>>

export interface ContactTotal {
  connections: number
  packets: number
  octets: number
  /** Distinct ones that the kernel remembers: of client, address, port. */
  listed: number
}

/** Of one client. */
export interface ClientTotal {
  /** Packets. */
  refused: number
  /** Let through, in both directions. */
  packets: number
  octets: number
}

export interface ContactRecorder {
  /** Looks now, beside the looks that it takes by itself. Rejects with what `read` rejects with. */
  look(): Promise<void>
  /** As of the last look. */
  latest(): Iterable<Contact>
  close(): Promise<void>
}

const LEAST_LOOK_MS = 2000
const WRITE_MS = 60_000
const COUNTS = ['connections', 'packets', 'octets'] as const
/** Others go on meanwhile, on a processor that they share with it. */
const REST_SHARE = 20

interface Known {
  contact: Contact
  written: Contact
  look: number
}

export function recordContacts(options: ContactOptions): ContactRecorder {
  const { read, journal, revision, mostListed, totals, totalOf = () => undefined } = options
  const { onRefused = () => {}, onFailure = () => {} } = options
  const known = new Map<string, Known>()
  let looks = 0
  let wroteAt = performance.now()
  let isClosed = false
  let timer: NodeJS.Timeout | undefined
  let latest: Promise<unknown> = Promise.resolve()
  let next: Promise<void> | undefined

  /** One look at a time. Whoever comes during one shares the next: the running one may have read too early. */
  function look(): Promise<void> {
    if (next !== undefined) return next
    // Whoever waited for the one before has been told if it failed.
    latest = next = latest.then(begin, begin)
    return next
  }

  function begin(): Promise<void> {
    next = undefined
    return lookOnce()
  }

  async function lookOnce(): Promise<void> {
    const { contacts, forgetDeparted } = await read()
    looks++
    await eachBreathing(contacts, take)
    // What the kernel has forgotten begins anew when it comes back.
    await eachBreathing(known, ([key, each]) => {
      if (each.look !== looks) dismiss(key, each)
    })
    countListed()
    void forgetDeparted()
  }

  async function lookAgain(): Promise<void> {
    const start = performance.now()
    await tryLook()
    if (start - wroteAt >= WRITE_MS) writeChanges(start)
    if (!isClosed) rest(Math.max(LEAST_LOOK_MS, (performance.now() - start) * REST_SHARE))
  }

  /** What the kernel does not tell now it may with the next look: nobody's addresses depend on it. */
  async function tryLook(): Promise<void> {
    try {
      await look()
    } catch (error) {
      if (!(error instanceof NetlinkError || error instanceof SystemError)) throw error
      onFailure(error)
    }
  }

  function rest(milliseconds: number): void {
    timer = setTimeout(lookAgain, milliseconds).unref()
  }

  function countListed(): void {
    for (const total of Object.values(totals)) total.listed = 0
    for (const { contact } of known.values()) totals[contact.verdict].listed++
  }

  function take(contact: Contact): void {
    const { client, address, protocol, port, verdict } = contact
    const key = `${client} ${address} ${protocol} ${port} ${verdict === 'deny'}`
    const before = known.get(key)
    // What the kernel had counted before the first look belongs to whoever looked then.
    if (before !== undefined || looks > 1) {
      addUp(totals[verdict], contact, before?.contact)
      addToClient(totalOf(client), contact, before?.contact)
    }
    if (before === undefined) {
      write(contact, looks > 1)
      if (verdict === 'deny' && looks > 1) onRefused(contact)
      known.set(key, { contact, written: contact, look: looks })
    } else {
      // A flow that goes on after its lease keeps its names.
      before.contact = contact.names.length === 0 ? { ...contact, names: before.contact.names } : contact
      before.look = looks
      // Connections that the kernel has forgotten must not be hidden by those that come after.
      if (verdict !== before.written.verdict || contact.connections < before.written.connections) settle(before)
    }
  }

  function writeChanges(at: number): void {
    wroteAt = at
    for (const each of known.values()) if (hasChanged(each)) settle(each)
    noteCrowds()
  }

  function noteCrowds(): void {
    for (const kind of ['begun', 'refused'] as const) {
      const contacts = [...known.values()].filter(({ contact }) => (contact.verdict === 'deny') === (kind === 'refused'))
      for (const family of [4, 6] as const) {
        const listed = contacts.filter(({ contact }) => familyOf(contact.address) === family).length
        if (listed >= mostListed) journal.write({ event: 'crowded', kind, family, listed })
      }
    }
  }

  /** Its last figures are told first. */
  function dismiss(key: string, each: Known): void {
    if (hasChanged(each)) settle(each)
    known.delete(key)
  }

  function settle(each: Known): void {
    each.written = each.contact
    write(each.contact, false)
  }

  /** @param anew counting began just now, and not before we began to look */
  function write(contact: Contact, anew: boolean): void {
    journal.write({ ...contactRecord(contact, revision()), ...(anew ? ({ anew } as const) : {}) })
  }

  rest(0)
  return {
    look,
    latest: () => known.values().map(({ contact }) => contact),
    close: async () => {
      isClosed = true
      clearTimeout(timer)
      await tryLook()
      writeChanges(performance.now())
    },
  }
}

export function createContactTotals(): ContactTotals {
  return { allow: createTotal(), audit: createTotal(), deny: createTotal() }
}

export function contactRecord(contact: Contact, revision: string): Contacted {
  const { client, address, protocol, port, names, verdict, connections, packets = null, octets = null } = contact
  const rules = contact.rules.map(({ place }) => place)
  return {
    event: 'contact',
    client,
    address,
    ports: `${protocol}/${port}`,
    names,
    verdict,
    rules,
    revision,
    connections,
    packets,
    octets,
  }
}

export function createClientTotal(): ClientTotal {
  return { refused: 0, packets: 0, octets: 0 }
}

function createTotal(): ContactTotal {
  return { connections: 0, packets: 0, octets: 0, listed: 0 }
}

function addUp(total: ContactTotal, now: Contact, before: Contact | undefined): void {
  for (const key of COUNTS) total[key] += growth(key, now, before)
}

function addToClient(total: ClientTotal | undefined, now: Contact, before: Contact | undefined): void {
  if (total === undefined) return
  if (now.verdict === 'deny') total.refused += growth('connections', now, before)
  else for (const key of ['packets', 'octets'] as const) total[key] += growth(key, now, before)
}

function hasChanged({ contact, written }: Known): boolean {
  return COUNTS.some((key) => contact[key] !== written[key])
}

function growth(key: (typeof COUNTS)[number], now: Contact, before: Contact | undefined): number {
  return Math.max(0, (now[key] ?? 0) - (before?.[key] ?? 0))
}
