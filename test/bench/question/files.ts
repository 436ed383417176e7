import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Place, SERVER, writeConfiguration } from '../place.ts'
import { reloadUnderLoad } from '../reload.ts'
import { prepareSallyport, startSallyport } from '../subject/sallyport.ts'
import { bound, type OwnQuestion } from './question.ts'

const ENTRIES = 100

/** A zone file for each of many sandboxes: what a change costs whoever asks meanwhile. */
export const files: OwnQuestion = {
  key: 'files',
  figures: [
    { key: 'files-one', title: '1,000 files × 100 entries: from a change of one to the answer by it', unit: ' ms', better: 'less' },
    {
      key: 'files-one-delay',
      title: '… … longest answer meanwhile, beyond the longest without',
      unit: ' ms',
      better: 'less',
      goal: bound(10),
    },
    { key: 'files-all', title: '… from a change of all to the answer by them', unit: ' ms', better: 'less', goal: bound(3000) },
    {
      key: 'files-all-delay',
      title: '… … longest answer meanwhile, beyond the longest without',
      unit: ' ms',
      better: 'less',
      goal: bound(10),
    },
  ],
  async measure(place, { isQuick }) {
    const count = isQuick ? 50 : 1_000
    const [first, second] = place.lists.late
    const home = prepareSallyport(place, [], clients(count))
    const write = (folder: string, sandbox: number, name: string) =>
      writeConfiguration(join(home.folder, folder), `s${sandbox}.zone`, zone(sandbox, name))
    for (const folder of ['one', 'all']) mkdirSync(join(home.folder, folder))
    for (let sandbox = 0; sandbox < count; sandbox++) write('zones', sandbox, 'own.example')
    write('one', 0, first)
    for (let sandbox = 0; sandbox < count; sandbox++) write('all', sandbox, `${first}\n${second}`)
    const running = await startSallyport(place, home)
    try {
      const one = await move(place, first, home.folder, 'one')
      const all = await move(place, second, home.folder, 'all')
      return {
        'files-one': one.untilAnswerMs,
        'files-one-delay': one.delayMs,
        'files-all': all.untilAnswerMs,
        'files-all-delay': all.delayMs,
      }
    } finally {
      await running.stop()
    }
  },
}

/** The first is who asks. */
function clients(count: number): Readonly<Record<string, readonly string[]>> {
  const addressOf = (sandbox: number) => (sandbox === 0 ? SERVER : `10.77.${sandbox >> 8}.${sandbox & 255}`)
  return Object.fromEntries(Array.from({ length: count }, (_, sandbox) => [`s${sandbox}`, [addressOf(sandbox)]]))
}

function zone(sandbox: number, name: string): string {
  const entries = Array.from({ length: ENTRIES - 1 }, (_, entry) => `host${entry}.example ${entry % 3 === 0 ? '443' : '443 8443'}`)
  return [`$CLIENTS s${sandbox}`, name, ...entries, ''].join('\n')
}

function move(place: Place, name: string, home: string, folder: string) {
  return reloadUnderLoad(place, name, ['sh', '-c', `mv ${home}/${folder}/*.zone ${home}/zones/`])
}
