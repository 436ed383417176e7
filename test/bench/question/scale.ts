import { fileURLToPath } from 'node:url'
import { ENGINE_FLAGS } from '../../../src/daemon/command.ts'
import { bound, type Measured, type OwnQuestion } from './question.ts'

const WORKER = fileURLToPath(new URL('../worker/scale.ts', import.meta.url))

/** Many sandboxes behind one gateway: what a change costs the updater, and how long whoever waits for an answer is kept waiting by it. */
export const scale: OwnQuestion = {
  key: 'scale',
  figures: [
    { key: 'scale-start', title: '1,000 sandboxes × 100 entries: start of the updater', unit: ' ms', better: 'less' },
    { key: 'scale-memory', title: '… and 200,000 live leases: its memory', unit: ' MB', better: 'less' },
    { key: 'scale-one', title: '… one file changed: until it is in force', unit: ' ms', better: 'less', goal: bound(200) },
    { key: 'scale-one-block', title: '… … longest turn meanwhile, of processor time', unit: ' ms', better: 'less', goal: bound(10) },
    { key: 'scale-join', title: '… a sandbox joins: until it is in force', unit: ' ms', better: 'less', goal: bound(200) },
    { key: 'scale-join-block', title: '… … longest turn meanwhile, of processor time', unit: ' ms', better: 'less', goal: bound(10) },
    { key: 'scale-all', title: '… every file changed: until it is in force', unit: ' ms', better: 'less', goal: bound(3000) },
    { key: 'scale-all-block', title: '… … longest turn meanwhile, of processor time', unit: ' ms', better: 'less', goal: bound(10) },
    { key: 'scale-restart', title: '… it starts again: until a new name is open', unit: ' ms', better: 'less', goal: bound(2000) },
    { key: 'scale-takeover', title: '… … until what was open is taken over', unit: ' ms', better: 'less' },
    { key: 'scale-takeover-block', title: '… … longest turn meanwhile, of processor time', unit: ' ms', better: 'less' },
  ],
  measure: async (place, { isQuick }) => {
    const [sandboxes, leases] = isQuick ? ['50', '1000'] : ['1000', '200000']
    try {
      return JSON.parse(
        place.namespace.run(place.onServerCore([process.execPath, ...ENGINE_FLAGS, WORKER, sandboxes!, leases!])),
      ) as Measured
    } finally {
      place.namespace.run(['nft', 'delete', 'table', 'inet', 'sallyport_scale'])
    }
  },
}
