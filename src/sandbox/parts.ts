// Resolver and updater inside the gateway, each a process, started again when it ends.

import type { Config } from '../config/config.ts'
import { type Child, type ChildOptions, keepChild } from '../daemon/child.ts'
import { briefProgramOf } from '../daemon/command.ts'
import type { Part } from '../daemon/identity.ts'
import type { Orders } from '../daemon/message.ts'
import { StartError } from '../daemon/start-error.ts'
import { isPlausible } from '../journal/plausible.ts'
import type { JournalRecord } from '../journal/record.ts'
import type { Capability } from '../linux/privilege.ts'
import { type Gateway, signalChildren } from './gateway.ts'
import { PLACE } from './plan.ts'

const NEEDS: Readonly<Record<Part, Capability>> = { updater: 'net_admin', resolver: 'net_bind_service' }
const PARTS: readonly Part[] = ['updater', 'resolver']
const PATIENCE_MS = 1_000

export type OnRecord = (record: JournalRecord) => void

export interface Parts {
  /** To be called once, when what they are to serve and guard stands. Until then they load. */
  begin(config: Config): void
  /** Resolves when both serve and know each other. Rejects with StartError. */
  readonly ready: Promise<void>
  /** Resolves when they have told all they know, or their time is over; they are not started again. */
  close(): Promise<void>
}

/** @param zones the folders of zone files, by their names below PLACE.zones */
export function startParts(gateway: Gateway, zones: Readonly<Record<string, string>>, onRecord: OnRecord): Parts {
  const reword = (text: string): string =>
    Object.entries(zones).reduce((told, [name, folder]) => told.replaceAll(`${PLACE.zones}/${name}/`, `${folder}/`), text)
  const { promise: orders, resolve } = Promise.withResolvers<Orders>()
  const started = PARTS.map((part) => startPart(gateway, part, orders, { reword, onRecord }))
  return {
    begin: (config) => resolve({ config, tells: true }),
    ready: Promise.all(started.map(({ ready }) => ready)).then(() => {}),
    close: async () => void (await Promise.all(started.map(({ child }) => child.stop(PATIENCE_MS)))),
  }
}

function startPart(
  gateway: Gateway,
  part: Part,
  orders: Promise<Orders>,
  { reword, onRecord }: Required<Pick<ChildOptions, 'reword'>> & { readonly onRecord: OnRecord },
): { readonly child: Child; readonly ready: Promise<void> } {
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
  const child = keepChild({
    part,
    command: [...gateway.inside('gateway'), ...confinedWords(part), ...briefProgramOf(part)],
    orders,
    isApart: true,
    reword,
    // Until it has heard from the updater, a resolver can open no name.
    onReady: () => (part === 'updater' ? resolve() : undefined),
    onConnected: resolve,
    // The resolver speaks to the command.
    onRecord: (record) => (isPlausible(part, record) ? onRecord(record) : undefined),
    terminate: (pid) => signalChildren(pid, 'SIGTERM'),
    onRestart: () => {},
    onHopeless: () => reject(new StartError(`the ${part} cannot begin; the reason is above`)),
  })
  return { child, ready }
}

/** Whoever has made the gateway as an ordinary user is root in it and becomes nobody else, so that each part is held to what it needs. */
function confinedWords(part: Part): readonly string[] {
  if (process.getuid!() === 0) return []
  return ['setpriv', '--no-new-privs', '--inh-caps=-all', `--bounding-set=-all,+${NEEDS[part]}`, '--']
}
