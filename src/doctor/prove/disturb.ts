// What may happen to a guard while somebody tries to get past it. It is done from the gateway, as root there.
import { setTimeout as pause } from 'node:timers/promises'
import { NetlinkError } from '../../linux/error.ts'
import { inNamespaceOf } from '../../linux/namespace.ts'
import { deleteTable, type Message } from '../../linux/nftables/message.ts'
import { openNftables } from '../../linux/nftables/nftables.ts'
import { NFT_MSG, NFTA_RULE } from '../../linux/nftables/vocabulary.ts'
import type { Subject } from './subject.ts'

const TABLE = { family: 'inet', name: 'sallyport' } as const
/** Within a second a revoked name is closed, and a lost table noticed. */
const PROMISED_MS = 1_000
const REPAIR_MS = 300

export type Disturbance =
  | 'kill the resolver'
  | 'kill the updater'
  | 'kill both parts'
  | 'kill the supervisor'
  | 'stop'
  | 'freeze the updater'
  | 'flush the ruleset'
  | 'delete the table'
  | 'flush the table'
  | 'revoke'
  | 'deny'
  | 'break the zone files'
  | 'reload again and again'

export interface Scene {
  readonly subject: Subject
  readonly gatewayPid: number
}

type Act = (scene: Scene) => Promise<void> | void

/** All ACTS leave recovery to the referee. */
const ACTS: Readonly<Record<Disturbance, Act>> = {
  'kill the resolver': async ({ subject }) => {
    await subject.signal('resolver', 'SIGKILL')
    await pause(REPAIR_MS)
  },
  'kill the updater': async ({ subject }) => {
    await subject.signal('updater', 'SIGKILL')
    await pause(REPAIR_MS)
  },
  'kill both parts': async ({ subject }) => {
    await Promise.all([subject.signal('updater', 'SIGKILL'), subject.signal('resolver', 'SIGKILL')])
    await pause(REPAIR_MS)
  },
  'kill the supervisor': async ({ subject }) => {
    await subject.signal('supervisor', 'SIGKILL')
    await pause(REPAIR_MS)
  },
  stop: async ({ subject }) => {
    await subject.signal('supervisor', 'SIGTERM')
    await pause(REPAIR_MS)
  },
  'freeze the updater': async ({ subject }) => {
    await subject.signal('updater', 'SIGSTOP')
    await pause(REPAIR_MS)
    await subject.signal('updater', 'SIGCONT')
  },
  'flush the ruleset': ({ gatewayPid }) => repairedAfter(() => change(gatewayPid, flushRuleset)),
  'delete the table': ({ gatewayPid }) => repairedAfter(() => change(gatewayPid, [deleteTable(TABLE)])),
  'flush the table': ({ gatewayPid }) => repairedAfter(() => change(gatewayPid, [flushTable])),
  revoke: async ({ subject }) => {
    subject.writeZone('grey.zone', '')
    await pause(PROMISED_MS)
  },
  deny: async ({ subject }) => {
    subject.writeZone('grey.zone', '*.grey.example\n!*.grey.example\n')
    await pause(PROMISED_MS)
  },
  'break the zone files': async ({ subject }) => {
    subject.writeZone('grey.zone', 'https://not.a.name/ at all\n')
    await pause(REPAIR_MS)
  },
  'reload again and again': async ({ subject }) => {
    for (let round = 0; round < 10; round++) {
      subject.writeZone('grey.zone', round % 2 === 0 ? '' : '*.grey.example\n')
      await pause(REPAIR_MS / 10)
    }
    await pause(PROMISED_MS)
  },
}

export async function disturb(scene: Scene, what: Disturbance): Promise<void> {
  await ACTS[what](scene)
}

async function repairedAfter(act: () => void): Promise<void> {
  act()
  await pause(REPAIR_MS)
}

/** All tables of a family, as "nft flush ruleset inet" has it. */
const flushRuleset: readonly Message[] = (['inet', 'ip', 'ip6'] as const).map((family) => {
  return { type: NFT_MSG.DELTABLE, flags: 0, family, write: () => undefined }
})

/** All rules of the table, as "nft flush table" has it. */
const flushTable: Message = { type: NFT_MSG.DELRULE, flags: 0, family: 'inet', write: (writer) => writer.text(NFTA_RULE.TABLE, TABLE.name) }

/** One transaction in the gateway. That the kernel refuses is what owning the table is for; that there is nothing to delete is no matter. */
function change(gatewayPid: number, messages: readonly Message[]): void {
  inNamespaceOf(gatewayPid, () => {
    const nftables = openNftables()
    try {
      const transaction = nftables.begin()
      transaction.addAll(messages)
      nftables.commit(transaction)
    } catch (error) {
      if (!(error instanceof NetlinkError)) throw error
    } finally {
      nftables.close()
    }
  })
}
