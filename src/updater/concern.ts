// Whom a change of policy concerns: everybody else is judged as before, and need not be looked at again.

import type { Address } from '../net/address.ts'
import type { Policy } from '../policy/policy.ts'

/** May whoever has this source be judged otherwise than before? */
export type Concern = (source: Address) => boolean

export const EVERYBODY: Concern = () => true

/** Those who are another client, see other entries, or have other addresses. Verdicts that end with time are another matter. */
export function concernOf(before: Policy, after: Policy): Concern {
  if (before === after) return () => false
  const known = new Map<Address, boolean>()
  return (source) => {
    const found = known.get(source)
    if (found !== undefined) return found
    const concerned = isOther(before, after, source)
    known.set(source, concerned)
    return concerned
  }
}

function isOther(before: Policy, after: Policy, source: Address): boolean {
  const [former, now] = [before.clientAt(source), after.clientAt(source)]
  return former.view !== now.view || former.id !== now.id || former.addresses.join() !== now.addresses.join()
}
