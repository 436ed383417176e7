// What a process counts of itself, in the flat form that goes from the updater to the resolver.

import type { ClientTotal, ContactTotals } from '../journal/contacts.ts'
import type { Journal } from '../journal/writer.ts'
import type { Figures } from '../leases/protocol.ts'
import type { PerClient } from '../policy/per-client.ts'

export function partFigures(journal: Journal): Figures {
  const { user, system } = process.cpuUsage()
  const { records, lost, waiting, failure } = journal.status()
  return {
    'process.cpuSeconds': (user + system) / 1e6,
    'process.residentOctets': process.memoryUsage.rss(),
    'process.startedAt': performance.timeOrigin,
    'journal.records': records,
    'journal.lost': lost,
    'journal.waiting': waiting,
    'journal.failing': Number(failure !== null),
  }
}

/** Of a client with a name, or of all that are not told apart: the key of its figures. */
export const CONTACTED_BY = 'contactedBy.'

/** As `clientTotalOf` reads them. */
export function clientFigures(totals: PerClient<ClientTotal>): Figures {
  const entries = Iterator.from(totals.entries())
  return Object.fromEntries(entries.map(([name, { refused, packets, octets }]) => [CONTACTED_BY + name, [refused, packets, octets]]))
}

export function clientTotalOf(figure: readonly number[]): ClientTotal {
  const [refused = 0, packets = 0, octets = 0] = figure
  return { refused, packets, octets }
}

/** What was contacted. */
export function contactFigures(totals: ContactTotals): Figures {
  return Object.fromEntries(
    Object.entries(totals).flatMap(([verdict, total]) =>
      Object.entries(total).map(([key, value]) => [`contacts.${verdict}.${key}`, value]),
    ),
  )
}
