import assert from 'node:assert/strict'
import { constants } from 'node:os'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createCatalogue } from '../../src/audit/catalogue.ts'
import { createContactTotals, recordContacts } from '../../src/journal/contacts.ts'
import { createReader } from '../../src/journal/reading.ts'
import { NetlinkError } from '../../src/linux/error.ts'
import { addressFromValue, addressValue, parseAddress } from '../../src/net/address.ts'
import type { Contact, ContactLook } from '../../src/updater/contact.ts'
import { makePaths, startJournal } from './log.ts'

const FIRST = addressValue(parseAddress('192.0.2.0')!)

function contacts(count: number, verdict: Contact['verdict']): readonly Contact[] {
  return Array.from({ length: count }, (_, index) => {
    const address = addressFromValue(FIRST + BigInt(index), 4)
    return {
      client: 'alpha',
      address,
      protocol: 'tcp',
      port: 443,
      names: [],
      verdict,
      rules: [],
      lastSeenAgoMs: 0,
      connections: 1,
      packets: 2,
      octets: 100,
    }
  })
}

function lookOf(listed: readonly Contact[], forget: () => void = () => {}): ContactLook {
  return { contacts: listed, forgetDeparted: async () => forget() }
}

/** What a catalogue says of a log that a recorder has written while the kernel listed these. */
async function recorded(t: TestContext, listed: readonly Contact[], mostListed: number) {
  const paths = makePaths(t)
  const journal = startJournal(paths.stream.updater)
  const recorder = recordContacts({
    read: async () => lookOf(listed),
    journal,
    revision: () => 'r',
    mostListed,
    totals: createContactTotals(),
  })
  await pause(50)
  await recorder.close()
  await journal.close()
  const catalogue = createCatalogue()
  await createReader({ folders: paths.stream }).advance(catalogue.take)
  return { crowded: [...catalogue.crowded], flows: [...catalogue.flows].length }
}

test('where the kernel has no room for more contacts the log says so, for what passed and for what was refused apart', async (t) => {
  assert.deepEqual(await recorded(t, contacts(4, 'allow'), 5), { crowded: [], flows: 4 })
  assert.deepEqual(await recorded(t, [...contacts(5, 'allow'), ...contacts(4, 'deny')], 5), { crowded: ['begun IPv4'], flows: 9 })
  assert.deepEqual(await recorded(t, [...contacts(4, 'audit'), ...contacts(5, 'deny')], 5), { crowded: ['refused IPv4'], flows: 9 })
})

test('what a contact has grown to is told before it is forgotten, and all that was read is known before it may be', async () => {
  const [contact] = contacts(1, 'allow')
  const told: unknown[] = []
  let listed: readonly Contact[] = []
  const recorder = recordContacts({
    ...{ read: async () => lookOf(listed, () => told.push('taken')), revision: () => 'r', mostListed: 5, totals: createContactTotals() },
    journal: { write: (record) => told.push('connections' in record ? record.connections : record.event) },
  })
  for (const connections of [1, 3]) {
    listed = [{ ...contact!, connections }]
    await recorder.look()
  }
  listed = []
  await recorder.look()
  await recorder.close()
  assert.deepEqual(told, [1, 'taken', 'taken', 3, 'taken', 'taken'])
})

test('a look that the kernel fails keeps none of those after it from what it tells then', async () => {
  const failures: string[] = []
  const told: string[] = []
  let isFailing = true
  const recorder = recordContacts({
    read: async () => {
      if (isFailing) throw new NetlinkError('list elements', constants.errno.ENOBUFS)
      return lookOf(contacts(1, 'allow'))
    },
    ...{ revision: () => 'r', mostListed: 5, totals: createContactTotals() },
    journal: { write: (record) => told.push('anew' in record ? 'anew' : record.event) },
    onFailure: ({ message }) => failures.push(message),
  })
  await assert.rejects(recorder.look(), NetlinkError)
  await pause(50)
  assert.equal(failures.length, 1, 'the look that is taken by itself')
  isFailing = false
  await recorder.look()
  assert.deepEqual(told, ['contact'])
  isFailing = true
  await recorder.close()
  assert.equal(failures.length, 2, 'the last one')
})
