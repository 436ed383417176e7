import { fileURLToPath } from 'node:url'
import { asUser, UID } from '../../support/confined.ts'
import { createInternetLink, UPSTREAM4 } from '../../support/topology.ts'
import { installFor } from '../installed.ts'
import { bound, type OwnQuestion } from './question.ts'

const WORKER = fileURLToPath(new URL('../worker/run.ts', import.meta.url))
const TIMES = { usual: 5, quick: 1 }
/** The namespaces that a command could have without anything that decides over it. */
const BARE = ['unshare', '--user', '--map-root-user', '--net', '--mount', '--pid', '--fork', '--', 'true']

/** In milliseconds; as worker/run.ts prints it. */
interface Cost {
  readonly median: number
  readonly processor: number
}

/** `sallyport run -- true` from the command to its end: gateway, resolver, updater and sandbox made, asked and taken away again. */
export const run: OwnQuestion = {
  key: 'run',
  figures: [
    { key: 'run-root', title: 'run -- true, as root', unit: ' ms', better: 'less', goal: bound(400) },
    { key: 'run-user', title: 'run -- true, as an ordinary user', unit: ' ms', better: 'less', goal: bound(400) },
    { key: 'run-processor', title: 'run -- true, as root, processor time', unit: ' ms', better: 'less' },
    { key: 'run-bare', title: 'true in namespaces without a guard (unshare)', unit: ' ms', better: 'less' },
  ],
  async measure(place, { isQuick }) {
    const { gateway: machine, internet } = createInternetLink()
    const times = isQuick ? TIMES.quick : TIMES.usual
    const measured = (command: readonly string[]) => JSON.parse(machine.run(command)) as Cost
    const worker = (command: readonly string[]) => [process.execPath, WORKER, String(times), ...command]
    const confined = (uid: number) => worker([installFor(place, uid), 'run', '--quiet', '--upstream', UPSTREAM4, '--', 'true'])
    try {
      const asRoot = measured(confined(0))
      return {
        'run-root': asRoot.median,
        'run-user': measured(asUser(confined(UID))).median,
        'run-processor': asRoot.processor,
        'run-bare': measured(asUser(worker(BARE))).median,
      }
    } finally {
      for (const each of [machine, internet]) each.remove()
    }
  },
}
