// What may happen to a guard while somebody tries to get past it. It is done from the gateway, as root there.
import { setTimeout as pause } from 'node:timers/promises'
import { NetlinkError } from '../../linux/error.ts'
import { inNamespaceOf } from '../../linux/namespace.ts'
import { deleteTable, type Message } from '../../linux/nftables/message.ts'
import { type Nftables, openNftables } from '../../linux/nftables/nftables.ts'
import { NFT_MSG, NFTA_RULE } from '../../linux/nftables/vocabulary.ts'
import { watchTable } from '../../linux/nftables/watch.ts'
import { removeLocks } from '../../updater/routing-lock.ts'
import type { Subject } from './subject.ts'
import { FLUSH_RULESET } from './theft.ts'

const TABLE = { family: 'inet', name: 'sallyport' } as const
/** Within a second a revoked name is closed, and a lost table noticed. */
const PROMISED_MS = 1_000
const REPAIR_MS = 300
const POLL_MS = 5

export type Disturbance =
  | 'kill the resolver'
  | 'kill the updater and revoke'
  | 'kill both parts'
  | 'kill the supervisor'
  | 'stop'
  | 'freeze the updater'
  | 'flush the ruleset'
  | 'delete the table'
  | 'flush the table'
  | 'flush every chain in turn'
  | 'unlock the routing'
  | 'unlock the routing, then flush the ruleset'
  | 'take down and up'
  | 'revoke and deny'
  | 'break the zone files'
  | 'reload again and again'

/**
 * In the order in which they happen: in two sandboxes at once, the first of which tries all that needs no disturbance too. What ends
 * processes comes one upon the other, without waiting for them to come back, and the guard alone stands meanwhile.
 */
export const LANES: readonly (readonly Disturbance[])[] = [
  [
    'freeze the updater',
    'break the zone files',
    'flush every chain in turn',
    'flush the table',
    'delete the table',
    'flush the ruleset',
    'unlock the routing',
    'unlock the routing, then flush the ruleset',
    'kill the supervisor',
  ],
  [
    'revoke and deny',
    'reload again and again',
    'kill the updater and revoke',
    'kill the resolver',
    'kill both parts',
    'stop',
    'take down and up',
  ],
]

/** Before these all has to be whole again: their attacks use what is allowed first, or two losses would meet. */
export const NEEDS_HEALTH: ReadonlySet<Disturbance> = new Set([
  'revoke and deny',
  'kill the updater and revoke',
  'break the zone files',
  'unlock the routing',
])

export interface Scene {
  readonly subject: Subject
  readonly gatewayPid: number
}

type Act = (scene: Scene) => Promise<void> | void

/** All ACTS leave recovery to the referee. */
const ACTS: Readonly<Record<Disturbance, Act>> = {
  'kill the resolver': async ({ subject }) => {
    subject.signal('resolver', 'SIGKILL')
    await pause(REPAIR_MS)
  },
  'kill the updater and revoke': async ({ subject }) => {
    subject.signal('updater', 'SIGKILL')
    subject.writeZone('grey.zone', '')
    await subject.answering()
    await pause(PROMISED_MS)
  },
  'kill both parts': async ({ subject }) => {
    subject.signal('updater', 'SIGKILL')
    subject.signal('resolver', 'SIGKILL')
    await pause(REPAIR_MS)
  },
  'kill the supervisor': async ({ subject }) => {
    await subject.endSupervisor()
    await pause(REPAIR_MS)
  },
  stop: async ({ subject }) => {
    await subject.stop()
    await pause(REPAIR_MS)
  },
  'freeze the updater': async ({ subject }) => {
    subject.signal('updater', 'SIGSTOP')
    await pause(REPAIR_MS)
    subject.signal('updater', 'SIGCONT')
  },
  'flush the ruleset': ({ gatewayPid }) => repairedAfter(() => change(gatewayPid, FLUSH_RULESET)),
  'delete the table': ({ gatewayPid }) => repairedAfter(() => change(gatewayPid, [deleteTable(TABLE)])),
  'flush the table': ({ gatewayPid }) => repairedAfter(() => change(gatewayPid, [flushTable])),
  'flush every chain in turn': flushInTurn,
  'unlock the routing': ({ gatewayPid }) => repairedAfter(() => inNamespaceOf(gatewayPid, () => removeLocks())),
  'unlock the routing, then flush the ruleset': async ({ gatewayPid }) => {
    const unlocked = inNamespaceOf(gatewayPid, () => removeLocks())
    if (unlocked.length > 0) await pause(PROMISED_MS)
    await repairedAfter(() => change(gatewayPid, FLUSH_RULESET))
  },
  'take down and up': async ({ subject }) => {
    await subject.takeDown()
    await subject.start()
  },
  'revoke and deny': async ({ subject }) => {
    subject.writeZone('grey.zone', '')
    subject.writeZone('barred.zone', '*.barred.example\n!*.barred.example\n')
    await pause(PROMISED_MS)
  },
  'break the zone files': async ({ subject }) => {
    subject.writeZone('grey.zone', '*.grey.example\n*.denied.example\nhttps://not.a.name/ at all\n')
    await pause(REPAIR_MS)
  },
  'reload again and again': async ({ subject }) => {
    for (let round = 0; round < 10; round++) {
      subject.writeZone('grey.zone', round % 2 === 0 ? '' : '*.grey.example\n')
      await pause(REPAIR_MS / 10)
    }
    await pause(REPAIR_MS)
  },
}

export async function disturb(scene: Scene, what: Disturbance): Promise<void> {
  await ACTS[what](scene)
}

async function repairedAfter(act: () => void): Promise<void> {
  act()
  await pause(REPAIR_MS)
}

/** All rules of the table, as "nft flush table" has it. */
const flushTable: Message = { type: NFT_MSG.DELRULE, flags: 0, family: 'inet', write: (writer) => writer.text(NFTA_RULE.TABLE, TABLE.name) }

/** Those that stand between a packet and its way out, and between the gateway's own errors and theirs; the rest of the table is what these refer to. */
const DOORS = ['prerouting', 'source', 'dns', 'forward', 'from_sandbox', 'refuse', 'turn_away', 'leave', 'errors', 'output', 'leaving']

/** Each once the last one is mended, where it can be flushed at all. */
async function flushInTurn({ gatewayPid }: Scene): Promise<void> {
  for (const chain of chainsIn(gatewayPid).filter((name) => DOORS.includes(name))) {
    const repaired = inNamespaceOf(gatewayPid, () => flushAndWatch(chain))
    const end = performance.now() + PROMISED_MS
    while (!repaired() && performance.now() < end) await pause(POLL_MS)
  }
}

/** Flushes a chain; says whether somebody has written to the table since. */
function flushAndWatch(chain: string): () => boolean {
  const nftables = openNftables()
  const watch = watchTable(TABLE, nftables.portId)
  const isFlushed = commit(nftables, [flushChain(chain)])
  return () => {
    if (isFlushed && watch.poll().length === 0) return false
    watch.close()
    nftables.close()
    return true
  }
}

function chainsIn(gatewayPid: number): readonly string[] {
  return inNamespaceOf(gatewayPid, () => {
    const nftables = openNftables()
    try {
      return nftables.chains(TABLE)
    } finally {
      nftables.close()
    }
  })
}

/** All rules of one chain, as "nft flush chain" has it. */
function flushChain(chain: string): Message {
  return {
    ...flushTable,
    write: (writer) => {
      writer.text(NFTA_RULE.TABLE, TABLE.name)
      writer.text(NFTA_RULE.CHAIN, chain)
    },
  }
}

/** One transaction in the gateway. */
function change(gatewayPid: number, messages: readonly Message[]): void {
  inNamespaceOf(gatewayPid, () => {
    const nftables = openNftables()
    try {
      commit(nftables, messages)
    } finally {
      nftables.close()
    }
  })
}

/** That the kernel refuses is what owning the table is for; that there is nothing to delete is no matter. */
function commit(nftables: Nftables, messages: readonly Message[]): boolean {
  try {
    const transaction = nftables.begin()
    transaction.addAll(messages)
    nftables.commit(transaction)
    return true
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error
    return false
  }
}
