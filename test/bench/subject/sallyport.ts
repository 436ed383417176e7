import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listElements } from '../../support/nft.ts'
import { PROGRAM, runCli } from '../../support/sallyport.ts'
import { NEW_APEX } from '../names.ts'
import { type Place, PORT, SERVER, UPSTREAM, writeConfiguration } from '../place.ts'
import { type Running, type Subject, startProgram } from './subject.ts'

/** As it is run in earnest: both processes, guard and leases switched on, on one core together. */
const SETTINGS = {
  zones: './zones',
  state: './state',
  resolver: { listen: [`${SERVER}:${PORT}`], upstreams: [UPSTREAM] },
  updater: { guard: 'output' },
  log: { level: 'warn' },
}

export const sallyport: Subject = {
  name: 'sallyport',
  packages: [],
  version: () => (JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }).version,
  start,
  countOpen: ({ namespace }) => listElements(namespace, 'sallyport', 'allow6').length,
}

async function start(place: Place): Promise<Running> {
  const folder = place.makeFolder('sallyport')
  mkdirSync(join(folder, 'zones'))
  writeConfiguration(folder, 'zones/app.zone', `${place.lists.cachedNames.join('\n')}\n*.${NEW_APEX}\n`)
  const config = writeConfiguration(folder, 'sallyport.yaml', JSON.stringify(SETTINGS))
  const running = await startProgram(place, [PROGRAM, 'up', '--config', config])
  return {
    pid: running.pid,
    async stop() {
      await running.stop()
      runCli(place.namespace, ['down', '--config', config], folder)
    },
  }
}
