// What a machine has that tests could leave behind.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { testNamespaces } from './namespace.ts'

/** Of the network namespace that the tests are started in. */
export interface Inventory {
  readonly tables: string
  readonly rules: string
  readonly links: string
}

export function takeInventory(): Inventory {
  return {
    tables: print('nft', 'list', 'tables'),
    rules: print('ip', '-4', 'rule', 'show') + print('ip', '-6', 'rule', 'show'),
    links: print('ip', '-brief', 'link', 'show'),
  }
}

function print(program: string, ...words: readonly string[]): string {
  return spawnSync(program, words, { encoding: 'utf8' }).stdout ?? ''
}

/** Namespaces, folders and processes of test processes that have ended. */
export function leftovers(): string[] {
  const namespaces = testNamespaces()
    .filter(({ owner }) => !isRunning(owner))
    .map(({ name }) => `namespace ${name}`)
  const folders = readdirSync(tmpdir())
    .filter(isOrphan)
    .map((name) => `folder ${name}`)
  return [...namespaces, ...folders, ...orphanProcesses()]
}

/** Test folders are named "sallyport-test-<pid>-…". */
function isOrphan(text: string): boolean {
  const owner = /sallyport-test-(\d+)-/.exec(text)?.[1]
  return owner !== undefined && !isRunning(Number(owner))
}

function orphanProcesses(): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.flatMap((pid) => {
    const command = readCommand(pid)
    return isOrphan(command) ? [`process ${pid}: ${command}`] : []
  })
}

function readCommand(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
