import { fileURLToPath } from 'node:url'
import { ENGINE_FLAGS } from '../../../src/daemon/command.ts'
import type { Place } from '../place.ts'
import { bound, type OwnQuestion } from './question.ts'

const WORKER = fileURLToPath(new URL('../worker/growth.ts', import.meta.url))
const TABLE = ['inet', 'sallyport_growth']

interface Crowd {
  readonly sandboxes: number
  readonly entries: number
  readonly leases: number
}

const FEW: Crowd = { sandboxes: 10, entries: 10, leases: 100 }
const MANY: Crowd = { sandboxes: 1_000, entries: 100, leases: 200_000 }
const QUICK: Crowd = { sandboxes: 50, entries: 20, leases: 1_000 }

/** Does the cost of one query, or of one commit, grow with what there is beside it? */
export const growth: OwnQuestion = {
  key: 'growth',
  figures: [
    { key: 'growth-query', title: 'one cached query beside 10 sandboxes × 10 entries', unit: ' µs', better: 'less' },
    {
      key: 'growth-query-many',
      title: '… beside 1,000 × 100, all asked for: of that time',
      unit: ' %',
      better: 'less',
      goal: bound(120),
    },
    { key: 'growth-commit', title: 'one commit beside 10 sandboxes × 10 entries, 100 leases', unit: ' µs', better: 'less' },
    {
      key: 'growth-commit-many',
      title: '… beside 1,000 × 100, 200,000 leases: of that time',
      unit: ' %',
      better: 'less',
      goal: bound(120),
    },
  ],
  measure: async (place, { isQuick }) => {
    const few = costBeside(place, FEW)
    const many = costBeside(place, isQuick ? QUICK : MANY)
    return {
      'growth-query': few.query,
      'growth-query-many': (100 * many.query) / few.query,
      'growth-commit': few.commit,
      'growth-commit-many': (100 * many.commit) / few.commit,
    }
  },
}

function costBeside(place: Place, { sandboxes, entries, leases }: Crowd): { readonly query: number; readonly commit: number } {
  const command = [process.execPath, ...ENGINE_FLAGS, WORKER, ...[sandboxes, entries, leases].map(String)]
  try {
    return JSON.parse(place.namespace.run(place.onServerCore(command)))
  } finally {
    place.namespace.run(['nft', 'delete', 'table', ...TABLE])
  }
}
