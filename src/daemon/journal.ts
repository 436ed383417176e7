// The decision log of each part: whose files they are, and what a failure does.

import { createHash } from 'node:crypto'
import type { Config } from '../config/config.ts'
import { journalPaths, type Owners, prepareFolder } from '../journal/folder.ts'
import { createNotary, type Notary } from '../journal/notary.ts'
import type { Stream } from '../journal/record.ts'
import { createStamp } from '../journal/stamp.ts'
import { type Journal, openJournal } from '../journal/writer.ts'
import { LeaseError } from '../leases/waiting.ts'
import { capabilitiesOf } from '../linux/privilege.ts'
import type { Logger } from '../log.ts'
import type { Leases } from '../resolver/ports.ts'
import type { ChangePorts, FirewallChange } from '../updater/updater.ts'
import { standingOf, uidOf } from './standing.ts'

/** Of the zones of a client that joins, in UTF-16 units: whoever joins writes the log with it. */
const MOST_ZONE_TEXT = 4096

/** No decision log. */
export const SILENT: Journal = {
  start: () => {},
  write: () => {},
  failure: undefined,
  status: () => ({ folder: '', records: 0, waiting: 0, lost: 0, failure: null }),
  close: async () => {},
}

/** Makes the part's folder, which may want root; nothing is written before `start`. */
export function prepareJournal(stream: Stream, config: Config, log: Logger): Journal {
  const { enabled, folder, onFailure, ...limits } = config.journal
  if (!enabled) return SILENT
  const paths = journalPaths(folder)
  const consequence = onFailure === 'deny' ? 'until it is mended nothing is opened' : 'what is lost is counted'
  try {
    prepareFolder(paths, stream, ownersOf(stream, config))
  } catch (error) {
    log.warn({ reason: (error as Error).message }, 'cannot prepare the folder of the decision log: mend that, or set journal.folder')
  }
  return openJournal({
    ...limits,
    folder: paths.stream[stream],
    onFailure: (reason) => log.error({ reason }, `the decision log cannot be written; ${consequence}`),
    onRecovery: () => log.info('the decision log is written again'),
  })
}

/** Undefined: they stay those of this process, which cannot give them away. */
function ownersOf(stream: Stream, config: Config): Owners | undefined {
  if (!capabilitiesOf('self').effective.includes('chown')) return undefined
  const updater = standingOf('updater', config)
  return { uid: uidOf(standingOf(stream, config)), gid: updater.kind === 'drop' ? updater.identity.gid : 0 }
}

/** Signs both chains: in the updater, which alone reads the key. Undefined: there is no log. */
export function startNotary(config: Config, journal: Journal, resolverUid: number, log: Logger): Notary | undefined {
  const { enabled, folder, checkpointSeconds, fileOctets, announce } = config.journal
  if (!enabled) return undefined
  return createNotary({
    paths: journalPaths(folder),
    seconds: checkpointSeconds,
    apart: resolverUid !== 0 && resolverUid !== process.getuid!(),
    fileOctets,
    onCheckpoint: (line) => (announce ? log.info({ checkpoint: line }, 'checkpoint') : undefined),
    onBreak: (stream, message) => {
      log.error({ stream, message }, 'the decision log is not what was signed before')
      journal.write({ event: 'broken', stream, message })
    },
    onFailure: (error) => log.warn({ reason: error.message }, 'cannot sign the decision log'),
  })
}

/** With `onFailure: deny` no address is open while the log cannot be written. */
export function guardLeases(config: Config, journal: Journal, leases: Leases): Leases {
  if (config.journal.onFailure !== 'deny') return leases
  return {
    covers: (holder, client, until) => journal.failure === undefined && leases.covers(holder, client, until),
    open: (holder, request) => {
      if (journal.failure === undefined) return leases.open(holder, request)
      return Promise.reject(new LeaseError('kernel', `the decision log cannot be written: ${journal.failure}`))
    },
  }
}

/** What the updater tells of the kernel, as records. */
export function changePorts(config: Config, journal: Journal, wallOf: (lease: number) => number): ChangePorts {
  const denies = config.journal.onFailure === 'deny'
  return {
    onChange: (change) => journal.write(toRecord(change, wallOf)),
    onMember: ({ zones, by, ...change }) => {
      const zonesSha256 = createHash('sha256').update(zones).digest('hex')
      const caller = by === null ? null : { pid: by.pid, uid: by.uid }
      journal.write({ event: 'client', ...change, zones: zones.slice(0, MOST_ZONE_TEXT), zonesSha256, by: caller })
    },
    obstacle: () => (denies && journal.failure !== undefined ? `the decision log cannot be written: ${journal.failure}` : undefined),
  }
}

const endStamp = createStamp()

function toRecord(change: FirewallChange, wallOf: (lease: number) => number): Parameters<Journal['write']>[0] {
  switch (change.kind) {
    case 'open':
      return { event: 'open', ...change.element, names: change.names, until: endStamp(wallOf(change.until)) }
    case 'close':
      return { event: 'close', ...change.element, why: change.why }
    case 'table':
      return { event: 'table', revision: change.revision, elements: change.elements }
  }
}
