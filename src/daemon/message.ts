// What a part and whoever has started it tell each other over Node's IPC channel.

import type { Config } from '../config/config.ts'
import type { JournalRecord } from '../journal/record.ts'

/** What a part is told first of all, and does not read for itself. */
export interface Orders {
  readonly config: Config
  /** Is what would be in the decision log to be told, and written nowhere? */
  readonly tells: boolean
}

/** The resolver answers queries. */
export interface ResolverReady {
  readonly part: 'resolver'
  readonly listening: readonly string[]
  readonly upstreams: readonly string[]
  readonly entries: number
}

/** The updater takes requests. */
export interface UpdaterReady {
  readonly part: 'updater'
  readonly backend: 'nftables' | 'memory'
  readonly guard: 'none' | 'forward' | 'output'
  readonly protection: 'owner' | 'lock' | 'none'
  readonly table: string
}

export type Ready = ResolverReady | UpdaterReady

/** What would be in the decision log, told to whoever keeps none. */
export interface Told {
  readonly record: JournalRecord
}

/** The resolver has heard from the updater: names can be opened. */
export interface Connected {
  readonly connected: true
}

export type ChildMessage = Ready | Told | Connected
