// What both processes count of themselves, as metrics.

import type { Figures } from '../leases/protocol.ts'
import { counter, type Family, gauge, type Sample } from './family.ts'
import type { Part } from './identity.ts'

/** Undefined: the part cannot be asked. */
export type FiguresByPart = Readonly<Record<Part, Figures | undefined>>

export function partFamilies(parts: FiguresByPart): readonly Family[] {
  const each = (key: string, factor = 1) => samplesOf(parts, key, factor)
  return [
    gauge('up', 'Whether the part answers.', upSamples(parts)),
    counter('process_cpu_seconds_total', 'Processor time.', each('process.cpuSeconds')),
    gauge('process_resident_memory_bytes', 'Memory that is resident.', each('process.residentOctets')),
    gauge('process_start_time_seconds', 'When the process started, since the epoch.', each('process.startedAt', 0.001)),
    counter('reloads_total', 'Looks at the zone files, by outcome.', [
      ...samplesOf(parts, 'reloads.loaded', 1, { outcome: 'loaded' }),
      ...samplesOf(parts, 'reloads.broken', 1, { outcome: 'broken' }),
    ]),
    gauge('last_reload_success', 'Whether the last look at the zone files found them valid.', each('reload.loaded')),
    gauge('last_reload_timestamp_seconds', 'When that was, since the epoch.', each('reload.at', 0.001)),
    gauge('policy_entries', 'Entries of the policy in force.', each('policy.entries')),
    counter('journal_records_total', 'Records in the decision log, since its beginning.', each('journal.records')),
    counter('journal_lost_records_total', 'Records that could not be written.', each('journal.lost')),
    gauge('journal_waiting_records', 'Records that are not written yet.', each('journal.waiting')),
    gauge('journal_failing', 'Whether records cannot be written at present.', each('journal.failing')),
  ]
}

/** What a part does not count is left out. */
function samplesOf(parts: FiguresByPart, key: string, factor: number, labels = {}): readonly Sample[] {
  return Object.entries(parts).flatMap(([part, figures]) => {
    const value = figures?.[key]
    return typeof value === 'number' ? [{ labels: { part, ...labels }, value: value * factor }] : []
  })
}

function upSamples(parts: FiguresByPart): readonly Sample[] {
  return Object.entries(parts).map(([part, figures]) => ({ labels: { part }, value: Number(figures !== undefined) }))
}
