// Where the benchmark runs: a throw-away network namespace of its own, everything on its loopback.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Authority, startAuthority } from '../support/authority.ts'
import { createNamespace, type Namespace } from '../support/namespace.ts'
import { createFolder } from '../support/world.ts'
import { type NameList, writeNameLists } from './names.ts'

/** The one upstream of everybody, and where whoever is measured listens. */
export const UPSTREAM = '127.0.0.2'
export const SERVER = '127.0.0.1'
export const PORT = 5300

/** One core for whoever is measured, the other for the load and the upstream. */
const SERVER_CORE = '0'
const LOAD_CORE = '1'

export interface Place {
  readonly namespace: Namespace
  readonly lists: NameList
  /** A fresh folder, readable by every uid. */
  makeFolder(label: string): string
  onServerCore(command: readonly string[]): string[]
  onLoadCore(command: readonly string[]): string[]
  close(): Promise<void>
}

export async function createPlace(newNames: number): Promise<Place> {
  const folder = createFolder()
  const namespace = createNamespace('bench')
  const lists = writeNameLists(folder, newNames)
  const authority = await startPinned(namespace, folder, lists)
  let count = 0
  return {
    namespace,
    lists,
    makeFolder(label) {
      const path = join(folder, `${label}-${++count}`)
      mkdirSync(path, { mode: 0o755 })
      return path
    },
    onServerCore: (command) => ['taskset', '-c', SERVER_CORE, ...command],
    onLoadCore: (command) => ['taskset', '-c', LOAD_CORE, ...command],
    async close() {
      await authority.close()
      namespace.remove()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function startPinned(namespace: Namespace, folder: string, lists: NameList): Promise<Authority> {
  const pinned: Namespace = {
    ...namespace,
    spawn: (command, options) => namespace.spawn(['taskset', '-c', LOAD_CORE, ...command], options),
  }
  return startAuthority({ namespace: pinned, addresses: [UPSTREAM], folder, records: lists.records })
}

const PEER_TABLE = `add table inet bench
delete table inet bench
table inet bench {
  set allowed6 {
    type ipv6_addr
    flags timeout
    timeout 1h
    size 262144
  }
}
`

/** The table in which a peer with nftset opens addresses, empty; sallyport has its own. */
export function createPeerTable({ namespace }: Place): void {
  namespace.run(['nft', '-f', '-'], PEER_TABLE)
}

export function writeConfiguration(folder: string, file: string, text: string): string {
  const path = join(folder, file)
  writeFileSync(path, text)
  return path
}
