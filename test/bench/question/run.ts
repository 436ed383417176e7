import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { asUser, UID } from '../../support/confined.ts'
import { runCommand } from '../../support/namespace.ts'
import { createInternetLink, UPSTREAM4 } from '../../support/topology.ts'
import type { Place } from '../place.ts'
import { bound, type OwnQuestion } from './question.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const WORKER = join(ROOT, 'test/bench/worker/run.ts')
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

/** The program as somebody has it who has installed it: what was compiled is kept for its owner alone. */
function installFor(place: Place, uid: number): string {
  const folder = place.makeFolder('program')
  for (const part of ['bin', 'src', 'zones', 'package.json']) cpSync(join(ROOT, part), join(folder, part), { recursive: true })
  const libraries = join(folder, 'node_modules')
  mkdirSync(libraries)
  for (const library of readdirSync(join(ROOT, 'node_modules'))) {
    if (library === '.bin' || !library.startsWith('.')) symlinkSync(join(ROOT, 'node_modules', library), join(libraries, library))
  }
  runCommand(['chown', '--recursive', '--no-dereference', `${uid}:${uid}`, folder])
  return join(folder, 'bin/sallyport')
}
