// Is it a record as we write them? One of the chains is written by the process that strangers speak to, and a log may have come from
// anywhere: what is no name, address or type gets neither into zone files that are proposed nor, with what it does there, to a terminal.

import { isName } from '../dns/name.ts'
import { parseType } from '../dns/vocabulary.ts'
import { parseAddress } from '../net/address.ts'
import { isClientName } from '../net/client-name.ts'
import { parsePortRange } from '../net/port.ts'
import type { Contacted, JournalRecord, Stream } from './record.ts'

type Asked = Extract<JournalRecord, { readonly event: 'decision' | 'asked' }>

const CONTROL = /\p{Cc}/u

/** What the kernel counts, the updater alone says. */
export function isPlausible(stream: Stream, record: JournalRecord): boolean {
  if (!isPrintable(record)) return false
  if (record.event === 'decision' || record.event === 'asked') return isAsked(record)
  return record.event !== 'contact' || (stream === 'updater' && isContact(record))
}

function isPrintable(value: unknown): boolean {
  if (typeof value === 'string') return !CONTROL.test(value)
  return typeof value !== 'object' || value === null || Object.values(value).every(isPrintable)
}

function isAsked(asked: Asked): boolean {
  const { client, name, type, rules } = asked
  const isKnown = isClient(client) && isShownName(name) && parseType(type) !== undefined && Array.isArray(rules)
  return isKnown && (asked.event === 'asked' ? Number.isSafeInteger(asked.count) : asked.addresses.every(isAddress))
}

function isContact({ client, address, ports, names, rules, connections, packets, octets }: Contacted): boolean {
  const isKnown = isClient(client) && isAddress(address) && parsePortRange(ports) !== undefined && names.every(isName)
  return isKnown && Array.isArray(rules) && [connections, packets, octets].every(Number.isSafeInteger)
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
