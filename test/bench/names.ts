import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Below this everything is allowed, or known to the upstream; each name of a list once. */
export const CACHED_APEX = 'cached.example'
export const NEW_APEX = 'new.example'
export const DENIED_APEX = 'denied.example'

const CACHED_NAMES = 1_000
const LATE_NAMES = ['late.example', 'later.example'] as const

export interface NameList {
  /** Files as dnsperf reads them. */
  readonly cached: string
  readonly denied: string
  readonly freshCount: number
  /** A file with so many of the new names, from the one with that number on. */
  writeFresh(file: string, from: number, count: number): string
  /** What the upstream knows. */
  readonly records: readonly string[]
  /** Known to the upstream, and in no zone file at first. */
  readonly late: readonly [string, string]
  /** Names for a zone file. */
  readonly cachedNames: readonly string[]
}

/** Every new name has an IPv6 address of its own, so that each opens something that was not open. */
export function writeNameLists(folder: string, freshCount: number): NameList {
  const count = (total: number, apex: string): string[] => Array.from({ length: total }, (_, index) => `n${index}.${apex}`)
  const write = (file: string, names: readonly string[], type: string): string => {
    const path = join(folder, file)
    writeFileSync(path, names.map((name) => `${name} ${type}\n`).join(''))
    return path
  }
  const cachedNames = count(CACHED_NAMES, CACHED_APEX)
  const freshNames = count(freshCount, NEW_APEX)
  return {
    cached: write('cached.txt', cachedNames, 'A'),
    denied: write('denied.txt', count(CACHED_NAMES, DENIED_APEX), 'A'),
    freshCount,
    writeFresh: (file, from, many) => write(file, freshNames.slice(from, from + many), 'AAAA'),
    late: LATE_NAMES,
    cachedNames,
    records: [
      ...LATE_NAMES.map((name) => `${name}. 3600 IN A 192.0.2.1`),
      ...cachedNames.map((name, index) => `${name}. 3600 IN A 192.0.2.${index % 254}`),
      ...freshNames.map(
        (name, index) => `${name}. 3600 IN AAAA 2001:db8:1:${(index >> 16).toString(16)}::${(index & 0xffff).toString(16)}`,
      ),
    ],
  }
}
