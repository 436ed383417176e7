// Names that are answered here whatever policy says, and never forwarded.

import { createExplanation } from '../dns/explanation.ts'
import { CLASS_IN } from '../dns/header.ts'
import { isBelow, type Name } from '../dns/name.ts'
import type { Template } from '../dns/template.ts'
import { EDE, RCODE, TYPE } from '../dns/vocabulary.ts'
import { CANARY, RESOLVER_ARPA } from '../policy/special-use.ts'
import { negative, type Settled } from './settled.ts'

const SYNTHESIZED = createExplanation(EDE.synthesized, 'answered locally')
const NODATA = negative(RCODE.NOERROR, SYNTHESIZED)
const NXDOMAIN = negative(RCODE.NXDOMAIN, SYNTHESIZED)
const LOOPBACK_4 = loopback(TYPE.A, [127, 0, 0, 1])
const LOOPBACK_6 = loopback(TYPE.AAAA, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])

/** `localhost` and what is below is loopback (RFC 6761 section 6.3); the others do not exist, or have no data. */
export function answerLocally(name: Name, type: number): Settled {
  if (name === CANARY || isBelow(name, CANARY)) return NXDOMAIN
  if (name === RESOLVER_ARPA || isBelow(name, RESOLVER_ARPA)) return NODATA
  if (type === TYPE.A) return LOOPBACK_4
  return type === TYPE.AAAA ? LOOPBACK_6 : NODATA
}

/** One address record whose owner is the question's, by a pointer to octet 12. Loopback is never opened, so it has no addresses. */
function loopback(type: number, address: readonly number[]): Settled {
  const octets = Uint8Array.of(0xc0, 12, 0, type, 0, CLASS_IN, 0, 0, 0, 0, 0, address.length, ...address)
  const template: Template = { rcode: RCODE.NOERROR, authentic: false, answers: 1, authorities: 0, octets, ttlOffsets: [6] }
  return {
    variant: 0,
    expiresAt: Number.POSITIVE_INFINITY,
    refreshAt: Number.POSITIVE_INFINITY,
    template,
    rcode: RCODE.NOERROR,
    explanation: undefined,
    addresses: [],
    holder: undefined,
    stale: false,
  }
}
