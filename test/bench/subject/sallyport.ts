import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listElements } from '../../support/nft.ts'
import { runCli } from '../../support/sallyport.ts'
import { installFor } from '../installed.ts'
import { NEW_APEX } from '../names.ts'
import { createPeerTable, type Place, PORT, removePeerTable, SERVER, UPSTREAM, writeConfiguration } from '../place.ts'
import { type Running, type Subject, startProgram } from './subject.ts'

/** All names are asked for by one client here. */
const LIMITS = { limits: { leasesPerClient: 262_144 } }

/** As it is run in earnest: both processes, guard, leases and decision log switched on, on one core together. */
const settings = ({ isBare }: Place, clients: Clients) => ({
  clients,
  zones: './zones',
  state: './state',
  resolver: { listen: [`${SERVER}:${PORT}`], upstreams: [UPSTREAM] },
  updater: { ...LIMITS, ...(isBare ? { guard: 'none', mirror: ['inet bench allowed6'] } : { guard: 'output' }) },
  log: { level: 'warn' },
})

export const sallyport: Subject = {
  name: 'sallyport',
  packages: [],
  version: () => (JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }).version,
  start,
  countOpen: ({ namespace, isBare }) =>
    (isBare ? listElements(namespace, 'bench', 'allowed6') : listElements(namespace, 'sallyport', 'allow6')).length,
}

function start(place: Place): Promise<Running> {
  return startSallyport(place, prepareSallyport(place))
}

/** Where an instance is at home, before it is started. */
export interface Home {
  readonly folder: string
  readonly command: readonly [string, ...string[]]
  /** Removes what a stopped instance leaves in the kernel. */
  down(): void
}

/** Their addresses, by name. */
export type Clients = Readonly<Record<string, readonly string[]>>

/** Settings and a zone file that allows what every question asks for, and `entries`. */
export function prepareSallyport(place: Place, entries: readonly string[] = [], clients: Clients = {}): Home {
  if (place.isBare) createPeerTable(place)
  else removePeerTable(place)
  const folder = place.makeFolder('sallyport')
  mkdirSync(join(folder, 'zones'))
  writeConfiguration(folder, 'zones/app.zone', `${place.lists.cachedNames.join('\n')}\n*.${NEW_APEX}\n`)
  writeConfiguration(folder, 'zones/more.zone', entries.map((entry) => `${entry}\n`).join(''))
  const config = writeConfiguration(folder, 'sallyport.yaml', JSON.stringify(settings(place, clients)))
  const down = (): void => void runCli(place.namespace, ['down', '--config', config], folder)
  return { folder, command: [programOf(place), 'up', '--config', config], down }
}

export async function startSallyport(place: Place, { command, down }: Home): Promise<Running> {
  const running = await startProgram(place, command)
  return {
    pid: running.pid,
    async stop() {
      await running.stop()
      down()
    },
  }
}

const programs = new WeakMap<Place, string>()

/** Installed once in a place, so that only the first start makes what is kept for the next. */
function programOf(place: Place): string {
  const program = programs.get(place) ?? installFor(place, 0)
  programs.set(place, program)
  return program
}
