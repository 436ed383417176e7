// What a query gets once nothing is left to find out: a template with addresses to be opened, or a negative reply and its reason.

import { createExplanation, type Explanation } from '../dns/explanation.ts'
import type { Template } from '../dns/template.ts'
import { EDE, RCODE } from '../dns/vocabulary.ts'
import type { Deny } from '../policy/verdict.ts'
import type { Address, LeaseHolder } from './ports.ts'

export interface Settled {
  /** Type and DO in one number. */
  readonly variant: number
  /** Milliseconds; not to be used from then on. */
  readonly expiresAt: number
  /** From then on a hit is reason to ask upstream anew, once; Infinity: never. */
  refreshAt: number
  /** Undefined: a reply of ours without records. */
  readonly template: Template | undefined
  readonly rcode: number
  readonly explanation: Explanation | undefined
  /** To be open for the client before it reads them. */
  readonly addresses: readonly Address[]
  /** Present where `addresses` is not empty. */
  readonly holder: LeaseHolder | undefined
  /** Beyond its time, handed out for want of a newer one. */
  readonly stale: boolean
}

/** A reply of ours, without records. */
export function negative(rcode: number, explanation: Explanation, expiresAt = Number.POSITIVE_INFINITY, variant = 0): Settled {
  return {
    variant,
    expiresAt,
    refreshAt: Number.POSITIVE_INFINITY,
    template: undefined,
    rcode,
    explanation,
    addresses: [],
    holder: undefined,
    stale: false,
  }
}

const DENIAL_TEXTS: Readonly<Record<Deny['reason'], string>> = {
  'no-rule': 'no rule allows this name',
  'deny-rule': 'a rule denies this name',
  expired: 'the rule for this name has expired',
  'special-use': 'names of this special use are never looked up',
  type: 'this record type is not allowed',
}

/** One object for each reason and code: a flood of denied names adds no reply to memory. */
const DENIALS = new Map(
  Object.entries(DENIAL_TEXTS).map(([reason, text]) => {
    const explanation = createExplanation(EDE.blocked, text)
    return [reason, { NXDOMAIN: negative(RCODE.NXDOMAIN, explanation), NODATA: negative(RCODE.NOERROR, explanation) }] as const
  }),
)

export function denialOf({ reason, rcode }: Deny): Settled {
  return DENIALS.get(reason)![rcode]
}

/** NODATA and not NXDOMAIN, for names below it may have been paid for (RFC 8020). */
export const OVER_BUDGET = negative(RCODE.NOERROR, createExplanation(EDE.blocked, 'the budget for names below this wildcard is spent'))

export const NO_SUCH_FAMILY = negative(RCODE.NOERROR, createExplanation(EDE.blocked, 'the client has no address of this family'))

/** The addresses are not known to be open, so they are not handed out. */
export function notOpened(reason: string): Settled {
  return negative(RCODE.SERVFAIL, createExplanation(EDE.notReady, `address not opened: ${reason}`))
}
