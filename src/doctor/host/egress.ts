// updater.snat: by which address a target sees sandboxes, and whether that is on this host.
import type { UpdaterConfig } from '../../config/config.ts'
import { localAddresses } from '../../linux/local-address.ts'
import { egressStatus } from '../../updater/egress.ts'
import { bad, good, type HostFinding } from './finding.ts'

export function examineEgress({ snat, guard }: Pick<UpdaterConfig, 'snat' | 'guard'>): readonly HostFinding[] {
  const topic = 'egress address'
  if (snat === undefined) {
    return guard === 'forward'
      ? [good(topic, 'updater.snat sets none: a target sees what routing and the masquerading of others make of it')]
      : []
  }
  return egressStatus(snat, localAddresses()).map(({ clients, family, address, problem }) => {
    if (problem === undefined) return good(topic, `${clients} is seen as ${address}`)
    const mend = address === undefined ? `add an IPv${family} address to updater.snat` : `ip address add ${address} dev INTERFACE`
    return bad(topic, `nothing of ${clients} leaves over IPv${family}: ${problem.replace(/: ip address.*/, '')}`, mend)
  })
}
