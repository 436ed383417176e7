// Is it a record as we write them? One of the chains is written by the process that strangers speak to, and a log may have come from
// anywhere: what is no name, address or type gets neither into zone files that are proposed nor, with what it does there, to a terminal.

import { isName } from '../dns/name.ts'
import { parseType } from '../dns/vocabulary.ts'
import { parseAddress } from '../net/address.ts'
import { isClientName } from '../net/client-name.ts'
import { parsePort } from '../net/port.ts'
import { isInert } from '../printable.ts'
import type { Contacted, Decided, JournalRecord, Stream } from './record.ts'

type Event = JournalRecord['event']
type RecordOf<E extends Event> = Extract<JournalRecord, { readonly event: E }>
type Checks = { readonly [E in Event]?: (record: RecordOf<E>) => boolean }

const VERDICTS: readonly unknown[] = ['allow', 'deny', 'audit'] satisfies readonly Decided['verdict'][]
const REASON = /^[a-z-]{1,32}$/
const REVISION = /^\w{1,64}$/
/** Lists of entries are the deepest that there is: whoever writes what is deeper wants to have whoever reads it give up. */
const MOST_LEVELS = 4

/** What the kernel counts and what becomes of clients and tables, the updater alone says. */
const OF_THE_UPDATER: ReadonlySet<Event> = new Set(['contact', 'crowded', 'open', 'close', 'table', 'client', 'broken'])

/** Of the records that are read again, to be added up and shown. */
const CHECKS: Checks = {
  decision: (record) => isDecided(record) && record.addresses.every(isAddress),
  asked: (record) => isDecided(record) && isCount(record.count),
  contact: isContact,
  crowded: ({ kind, family }) => ['begun', 'refused'].includes(kind) && [4, 6].includes(family),
  lost: ({ records }) => isCount(records),
  unlisted: ({ questions }) => isCount(questions),
  unrecorded: ({ screened }) => isCount(screened),
  policy: ({ revision, entries }) => REVISION.test(revision) && isCount(entries),
  screened: ({ name, address, reason }) => isShownName(name) && isAddress(address) && REASON.test(reason),
}

export function isPlausible(stream: Stream, record: JournalRecord): boolean {
  if (stream !== 'updater' && OF_THE_UPDATER.has(record.event)) return false
  // The one text of several lines.
  if (!isPrintable(record.event === 'client' ? { ...record, zones: '' } : record)) return false
  const check = Object.hasOwn(CHECKS, record.event) ? (CHECKS[record.event] as (record: JournalRecord) => boolean) : undefined
  try {
    return check === undefined || check(record)
  } catch (error) {
    if (error instanceof TypeError) return false
    throw error
  }
}

function isPrintable(value: unknown, levels = MOST_LEVELS): boolean {
  if (typeof value === 'string') return isInert(value)
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((each) => isPrintable(each, levels - 1))
}

function isDecided({ client, name, type, verdict, reason, rules }: Decided): boolean {
  const isKnown = isClient(client) && isShownName(name) && parseType(type) !== undefined && VERDICTS.includes(verdict)
  return isKnown && (reason === undefined || REASON.test(reason)) && rules.every(isRule)
}

function isContact({ client, address, ports, names, verdict, rules, connections, packets, octets }: Contacted): boolean {
  const isKnown = isClient(client) && isAddress(address) && parsePort(ports) !== undefined && names.every(isName)
  const isCounted = isCount(connections) && [packets, octets].every((volume) => volume === null || isCount(volume))
  return isKnown && isCounted && VERDICTS.includes(verdict) && rules.every(isRule)
}

function isRule({ file, line }: Decided['rules'][number]): boolean {
  return typeof file === 'string' && isCount(line)
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isClient(text: string): boolean {
  return isClientName(text) || isAddress(text)
}

function isAddress(text: string): boolean {
  return parseAddress(text) !== undefined
}

function isShownName(text: string): boolean {
  return text === '.' || isName(text)
}
