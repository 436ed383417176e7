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
export const PORT = 53

/** One core for whoever is measured, the other for the load and the upstream. */
const SERVER_CORE = '0'
const LOAD_CORE = '1'

export interface Place {
  readonly namespace: Namespace
  readonly lists: NameList
  /** Nobody has a firewall, sallyport neither: it fills the set that the peers fill. */
  readonly isBare: boolean
  /** A fresh folder, readable by every uid. */
  makeFolder(label: string): string
  onServerCore(command: readonly string[]): string[]
  onLoadCore(command: readonly string[]): string[]
  onAllCores(command: readonly string[]): string[]
  close(): Promise<void>
}

export async function createPlace(newNames: number, isBare = false): Promise<Place> {
  const folder = createFolder()
  const namespace = createNamespace('bench')
  const lists = writeNameLists(folder, newNames)
  const authority = await startPinned(namespace, folder, lists)
  let count = 0
  return {
    namespace,
    lists,
    isBare,
    makeFolder(label) {
      const path = join(folder, `${label}-${++count}`)
      mkdirSync(path, { mode: 0o755 })
      return path
    },
    onServerCore: (command) => ['taskset', '-c', SERVER_CORE, ...command],
    onLoadCore: (command) => ['taskset', '-c', LOAD_CORE, ...command],
    onAllCores: (command) => ['taskset', '-c', `${SERVER_CORE},${LOAD_CORE}`, ...command],
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

const SET = `set allowed6 {
    type ipv6_addr
    flags timeout
    timeout 1h
    size 262144
  }`

/** What somebody writes who has a resolver fill that set: the kernel tracks connections and judges packets for everybody, not for sallyport alone. */
const GUARD = `chain output {
    type filter hook output priority filter; policy drop
    ct state established accept
    ip daddr ${UPSTREAM} udp dport 53 accept
    oif "lo" accept
    ip6 daddr @allowed6 tcp dport 443 accept
  }
  chain input {
    type filter hook input priority filter; policy drop
    ct state established accept
    iif "lo" accept
  }`

/** The table in which a resolver opens addresses, empty, in the namespace of whoever is measured. */
export function createPeerTable({ namespace, isBare }: Place): void {
  namespace.run(
    ['nft', '-f', '-'],
    `add table inet bench\ndelete table inet bench\ntable inet bench {\n${SET}\n${isBare ? '' : GUARD}\n}\n`,
  )
}

export function removePeerTable({ namespace }: Place): void {
  namespace.run(['nft', '-f', '-'], 'add table inet bench\ndelete table inet bench\n')
}

export function writeConfiguration(folder: string, file: string, text: string): string {
  const path = join(folder, file)
  writeFileSync(path, text)
  return path
}
