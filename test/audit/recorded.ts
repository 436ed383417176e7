// A decision log in a folder, written by the journal itself.
import { mkdirSync } from 'node:fs'
import { journalPaths } from '../../src/journal/folder.ts'
import type { JournalRecord } from '../../src/journal/record.ts'
import { startJournal } from '../journal/log.ts'

const DECIDED = { type: 'A', verdict: 'audit', reason: 'no-rule', rules: [], revision: 'r', client: 'alpha' } as const
const COUNTED = {
  verdict: 'audit',
  rules: [],
  revision: 'r',
  connections: 2,
  packets: 20,
  octets: 12_345,
  client: 'alpha',
  names: [],
} as const

type Record<Event> = Extract<JournalRecord, { readonly event: Event }>

export function decided(name: string, address: string | undefined, more: Partial<Record<'decision'>> = {}): JournalRecord {
  return { event: 'decision', ...DECIDED, name, addresses: address === undefined ? [] : [address], ...more }
}

export function contacted(address: string, ports: string, more: Partial<Record<'contact'>> = {}): JournalRecord {
  return { event: 'contact', ...COUNTED, address, ports, ...more }
}

/** Goes on with what is there; contacts are the updater's, the rest the resolver's. */
export async function writeRecords(folder: string, records: readonly JournalRecord[]): Promise<void> {
  const paths = journalPaths(folder)
  for (const stream of ['resolver', 'updater'] as const) {
    mkdirSync(paths.stream[stream], { recursive: true })
    const journal = startJournal(paths.stream[stream])
    for (const record of records) if ((record.event === 'contact') === (stream === 'updater')) journal.write(record)
    await journal.close()
  }
}
