// Programs ask for A and AAAA of a name at once. glibc takes a failure of the one and NODATA of the other for "no such host", which nobody
// tries again, and would say "try again" if both failed (resolv/res_send.c, send_dg; conformance/stub-resolver). Most names and many
// sandboxes have one family. So NODATA waits while the same client's other question is being found out, and fails where that fails.

import { ByClient } from '../by-client.ts'
import { variantOf } from '../cache/cache.ts'
import { RCODE, TYPE } from '../dns/vocabulary.ts'
import type { Judgement } from './memory.ts'
import type { Address, Question } from './ports.ts'
import { OVER_BUDGET, type Settled } from './settled.ts'

/** A question for addresses that is being found out; kept with the judgement of its name. */
interface Underway {
  readonly outcome: Promise<Settled>
  /** How the other family failed meanwhile. */
  failedBeside: Settled | undefined
}

/** By source. */
export interface FamiliesUnderway {
  readonly ipv4: ByClient<Underway>
  readonly ipv6: ByClient<Underway>
}

/** Hot path: what a query gets that is settled; undefined: it has to wait for the other family. */
export function agree(judgement: Judgement, source: Address, question: Question, settled: Settled, now: number): Settled | undefined {
  if (!hasNoAddress(settled, question.type) || settled === OVER_BUDGET) return settled
  if (underwayFor(judgement, otherFamily(question.type), source) !== undefined) return undefined
  return knownFailure(judgement, question, now) ?? settled
}

/** Passes `outcome` on, once the other family has been found out too where it matters. One promise more: every new name passes here. */
export function agreeLater(
  judgement: Judgement,
  source: Address,
  question: Question,
  outcome: Promise<Settled>,
  now: () => number,
): Promise<Settled> {
  const { type } = question
  if (!isFamily(type)) return outcome
  const own: Underway = { outcome, failedBeside: undefined }
  begin(judgement, source, type, own)
  return outcome.then(
    (settled) => {
      const other = underwayFor(judgement, otherFamily(type), source)
      if (other !== undefined) other.failedBeside = failureOf(settled)
      end(judgement, source, type, own)
      return hasNoAddress(settled, type) ? agreeWith(other, own, judgement, question, settled, now) : settled
    },
    (error) => {
      end(judgement, source, type, own)
      throw error
    },
  )
}

async function agreeWith(
  other: Underway | undefined,
  own: Underway,
  judgement: Judgement,
  question: Question,
  settled: Settled,
  now: () => number,
): Promise<Settled> {
  const beside = await other?.outcome
  return own.failedBeside ?? failureOf(beside) ?? knownFailure(judgement, question, now()) ?? settled
}

function begin(judgement: Judgement, source: Address, type: number, own: Underway): void {
  judgement.underway ??= { ipv4: new ByClient(), ipv6: new ByClient() }
  ofType(judgement.underway, type).set(source, own)
}

function end(judgement: Judgement, source: Address, type: number, own: Underway): void {
  const { underway } = judgement
  if (underway === undefined || ofType(underway, type).get(source) !== own) return
  ofType(underway, type).delete(source)
  if (underway.ipv4.size + underway.ipv6.size === 0) judgement.underway = undefined
}

function underwayFor({ underway }: Judgement, type: number, source: Address): Underway | undefined {
  return underway === undefined ? undefined : ofType(underway, type).get(source)
}

function ofType({ ipv4, ipv6 }: FamiliesUnderway, type: number): ByClient<Underway> {
  return type === TYPE.A ? ipv4 : ipv6
}

function knownFailure(judgement: Judgement, { type, dnssecOk }: Question, now: number): Settled | undefined {
  return failureOf(judgement.settledFor(variantOf(otherFamily(type), dnssecOk), now))
}

function failureOf(settled: Settled | undefined): Settled | undefined {
  return settled?.rcode === RCODE.SERVFAIL ? settled : undefined
}

function hasNoAddress({ rcode, addresses }: Settled, type: number): boolean {
  return rcode === RCODE.NOERROR && addresses.length === 0 && isFamily(type)
}

function isFamily(type: number): boolean {
  return type === TYPE.A || type === TYPE.AAAA
}

function otherFamily(type: number): number {
  return type === TYPE.A ? TYPE.AAAA : TYPE.A
}
