// What a process counts of itself, in the flat form that goes from the updater to the resolver.

import type { ContactTotals } from '../journal/contacts.ts'
import type { Journal } from '../journal/writer.ts'
import type { Figures } from '../leases/protocol.ts'

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

/** What was contacted. */
export function contactFigures(totals: ContactTotals): Figures {
  return Object.fromEntries(
    Object.entries(totals).flatMap(([verdict, total]) =>
      Object.entries(total).map(([key, value]) => [`contacts.${verdict}.${key}`, value]),
    ),
  )
}
