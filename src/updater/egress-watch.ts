// Follows the addresses of this host: a fixed source address that is taken away is noticed, and one that comes is used.

import { localAddresses } from '../linux/local-address.ts'
import { watchLinks } from '../linux/route.ts'
import type { Logger } from '../log.ts'
import type { Address } from '../net/address.ts'
import type { Policy } from '../policy/policy.ts'
import { type EgressSettings, egressRanges, egressStatus } from './egress.ts'
import type { EgressRange } from './ruleset/description.ts'

export interface EgressWatch {
  ranges(policy: Policy): readonly EgressRange[]
  /** Is an address there that was not, or gone, of those that the settings name? */
  hasMoved(): boolean
  close(): void
}

export function watchEgress(settings: EgressSettings, log: Logger): EgressWatch {
  const links = watchLinks()
  const wanted = [settings.everybody, ...settings.clients.map(({ addresses }) => addresses)].flat()
  let present: readonly Address[] = []
  look()
  report()

  function look(): boolean {
    const local = localAddresses()
    const now = wanted.filter((address) => local.has(address))
    const isOther = now.join() !== present.join()
    present = now
    return isOther
  }

  function report(): void {
    for (const { clients, family, address, problem } of egressStatus(settings, new Set(present))) {
      if (problem === undefined) log.info({ clients, family, address }, 'leave by a fixed address')
      else log.error({ clients, family, reason: problem }, 'nothing leaves')
    }
  }

  return {
    ranges: (policy) => egressRanges(settings, policy, new Set(present)),
    hasMoved: () => {
      if (!links.poll() || !look()) return false
      report()
      return true
    },
    close: () => links.close(),
  }
}
