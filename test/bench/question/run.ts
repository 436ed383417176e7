import { fileURLToPath } from 'node:url'
import { asUser, UID } from '../../support/confined.ts'
import { createInternetLink, UPSTREAM4 } from '../../support/topology.ts'
import { installFor } from '../installed.ts'
import { bound, type OwnQuestion } from './question.ts'

const WORKER = fileURLToPath(new URL('../worker/run.ts', import.meta.url))
const TIMES = { usual: 5, quick: 1 }
/** The namespaces that a command could have without anything that decides over it. */
const BARE = ['unshare', '--user', '--map-root-user', '--net', '--mount', '--pid', '--fork', '--', 'true']

/** `sallyport run -- true` from the command to its end: gateway, resolver, updater and sandbox made, asked and taken away again. */
export const run: OwnQuestion = {
  key: 'run',
  figures: [
    { key: 'run-root', title: 'run -- true, as root', unit: ' ms', better: 'less', goal: bound(400) },
    { key: 'run-user', title: 'run -- true, as an ordinary user', unit: ' ms', better: 'less', goal: bound(400) },
    { key: 'run-bare', title: 'true in namespaces without a guard (unshare)', unit: ' ms', better: 'less' },
  ],
  async measure(place, { isQuick }) {
    const { gateway: machine, internet } = createInternetLink()
    const times = isQuick ? TIMES.quick : TIMES.usual
    const medianOf = (command: readonly string[]) => Number(machine.run(command))
    const worker = (command: readonly string[]) => [process.execPath, WORKER, String(times), ...command]
    const confined = (uid: number) => worker([installFor(place, uid), 'run', '--quiet', '--upstream', UPSTREAM4, '--', 'true'])
    try {
      return {
        'run-root': medianOf(confined(0)),
        'run-user': medianOf(asUser(confined(UID))),
        'run-bare': medianOf(asUser(worker(BARE))),
      }
    } finally {
      for (const each of [machine, internet]) each.remove()
    }
  },
}
