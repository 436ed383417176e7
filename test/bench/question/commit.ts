import { fileURLToPath } from 'node:url'
import { ENGINE_FLAGS } from '../../../src/daemon/command.ts'
import { bound, type Measured, type OwnQuestion } from './question.ts'

const WORKER = fileURLToPath(new URL('../worker/commit.ts', import.meta.url))

/** What the updater does with a request: deciding, writing to the kernel, its acknowledgement, noting. */
export const commit: OwnQuestion = {
  key: 'commit',
  figures: [
    { key: 'commit-p50', title: 'one commit of one lease in the updater: p50', unit: ' µs', better: 'less', goal: bound(15) },
    { key: 'commit-rate', title: 'leases committed 256 at a time', unit: '/s', better: 'more', goal: bound(400_000) },
  ],
  measure: async (place, { isQuick }) => {
    const count = isQuick ? '2000' : '50000'
    try {
      return JSON.parse(place.namespace.run(place.onServerCore([process.execPath, ...ENGINE_FLAGS, WORKER, count]))) as Measured
    } finally {
      place.namespace.run(['nft', 'delete', 'table', 'inet', 'sallyport_commit'])
    }
  },
}
