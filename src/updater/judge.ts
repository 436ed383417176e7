// What may be opened, by our own policy alone. The resolver's word counts for nothing but the public addresses of a name.

import type { OpenRequest, RefusalReason } from '../leases/protocol.ts'
import { type Address, familyOf } from '../net/address.ts'
import type { PortRange } from '../net/port.ts'
import type { Client } from '../policy/client.ts'
import { decideName, screenAddress } from '../policy/decide.ts'
import type { Policy } from '../policy/policy.ts'
import type { Allow } from '../policy/verdict.ts'
import { type ElementSpec, type Holder, leaseSeconds, type Opening } from './lease.ts'
import type { LeaseLimits } from './options.ts'

/** Which elements open `address` for `client`; undefined: in that family the client has no address that could carry them. */
export type Specify = (client: Client, address: Address, ports: readonly PortRange[]) => readonly ElementSpec[] | undefined

export interface Bench {
  readonly policy: Policy
  readonly limits: LeaseLimits
  readonly specify: Specify
  /**
   * Zone files are broken. Who asks may have read them at another moment, of which nothing is left to read: until they are mended its requests
   * are judged as well, so that what both policies allow is opened.
   */
  readonly areFilesBroken?: boolean
}

export type Judgement =
  | { readonly kind: 'accepted'; readonly request: OpenRequest; readonly leaseSeconds: number; readonly openings: readonly Opening[] }
  | { readonly kind: 'refused'; readonly request: OpenRequest; readonly reason: RefusalReason; readonly message: string }

/** Decides a request whole: one address that may not be opened refuses it. `wall` for the policy, `now` for the lease. */
export function judgeRequest(bench: Bench, request: OpenRequest, wall: number, now: number): Judgement {
  const { policy, limits } = bench
  if (request.revision !== policy.revision && bench.areFilesBroken !== true)
    return refuse(request, 'revision', `the policy in force is ${policy.revision}`)
  const client = policy.clientAt(request.client)
  const verdict = decideName(client.view, request.name, wall)
  if (verdict.kind === 'deny') return refuse(request, 'policy', `${request.name} is denied to ${client.id}: ${verdict.reason}`)
  const seconds = leaseSeconds(request.ttlSeconds, limits)
  const { name, client: source, addresses } = request
  const until = now + seconds * 1000
  const freshUntil = now + request.ttlSeconds * 1000
  const confirmedUntil = request.stale ? 0 : now + limits.confirmedSeconds * 1000
  const openings: Opening[] = []
  for (const address of addresses.length > 1 ? new Set(addresses) : addresses) {
    const specs = specifyScreened(bench, client, verdict, address, wall)
    if (typeof specs === 'string') return refuse(request, 'address', `${name} may not open ${address} for ${client.id}: ${specs}`)
    openings.push({ clientId: client.id, payer: client.payer, source, name, address, until, freshUntil, confirmedUntil, specs })
  }
  return { kind: 'accepted', request, leaseSeconds: seconds, openings }
}

/** The elements that a holder is entitled to by the policy of now; undefined: none any more, or its address is another client's by now. */
export function judgeHolder(bench: Bench, holder: Holder, wall: number): readonly ElementSpec[] | undefined {
  const client = bench.policy.clientAt(holder.source)
  if (client.id !== holder.clientId) return undefined
  const verdict = decideName(client.view, holder.name, wall)
  if (verdict.kind === 'deny') return undefined
  const specs = specifyScreened(bench, client, verdict, holder.address, wall)
  return typeof specs === 'string' ? undefined : specs
}

/** The elements, or why there are none. */
function specifyScreened(bench: Bench, client: Client, verdict: Allow, address: Address, wall: number): readonly ElementSpec[] | string {
  const screened = screenAddress(client.view, verdict, address, wall)
  if (screened !== undefined) return screened
  return bench.specify(client, address, verdict.ports) ?? `the client has no IPv${familyOf(address)} address`
}

function refuse(request: OpenRequest, reason: RefusalReason, message: string): Judgement {
  return { kind: 'refused', request, reason, message }
}
