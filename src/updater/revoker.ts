// What has been closed and whose flows have still to be ended.

import type { Conntrack } from '../linux/conntrack.ts'
import { NetlinkError } from '../linux/error.ts'
import type { Logger } from '../log.ts'
import type { ClientEntry } from '../policy/client.ts'
import type { Policy } from '../policy/policy.ts'
import { endFlowsOf, vanishedPrefixes } from './departure.ts'
import { endStrayFlows } from './egress.ts'
import { endFlows, type Passage, passagesOf, vanishedPassages } from './flows.ts'
import type { ElementSpec } from './lease.ts'
import type { EgressRange } from './ruleset/description.ts'

export interface Revoker {
  /** These elements are gone for good, by the policy's will. */
  add(specs: readonly ElementSpec[]): void
  /** Ends the flows of what was added, and of static entries that have gone since the last call; not those that `open` lets through. Clients that have gone lose all of theirs, and who leaves by another address than before begins anew. Returns how many. */
  end(open: Iterable<ElementSpec>, policy: Policy, wall: number): number
}

export function createRevoker(conntrack: Conntrack | undefined, egress: () => readonly EgressRange[], log: Logger): Revoker {
  let passages: readonly Passage[] = []
  let clients: readonly ClientEntry[] = []
  let leaving = ''
  let specs: readonly ElementSpec[] = []

  function end(open: Iterable<ElementSpec>, policy: Policy, wall: number): number {
    const before = { passages, clients }
    passages = passagesOf(policy, wall)
    clients = policy.clients
    const closed = { specs, passages: vanishedPassages(before.passages, passages) }
    const gone = vanishedPrefixes(before.clients, clients)
    specs = []
    if (conntrack === undefined) return 0
    try {
      return endFlowsOf(conntrack, gone) + endFlows(conntrack, closed, open, policy, wall) + endStray(conntrack)
    } catch (error) {
      if (!(error instanceof NetlinkError)) throw error
      log.error({ reason: error.message }, 'cannot end the flows of what was revoked')
      return 0
    }
  }

  function endStray(flows: Conntrack): number {
    const ranges = egress()
    const text = ranges.map(({ first, last, address }) => `${first}-${last} ${address}`).join()
    if (text === leaving) return 0
    leaving = text
    return endStrayFlows(flows, ranges)
  }

  return {
    add: (more) => {
      specs = [...specs, ...more]
    },
    end,
  }
}
