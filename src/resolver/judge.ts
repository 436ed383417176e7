// The steps that need no waiting: decide, then see whether what is known settles the query. Used by both paths, so both agree.

import { variantOf } from '../cache/cache.ts'
import { TYPE } from '../dns/vocabulary.ts'
import { permitsType } from '../policy/decide.ts'
import { answerLocally } from './local.ts'
import type { Judgement, Memory } from './memory.ts'
import type { Client, Question, ResolverOptions } from './ports.ts'
import { NO_SUCH_FAMILY, type Settled } from './settled.ts'

export interface Judge {
  /** What the query gets if nothing more has to be found out or opened; else undefined. Allocates nothing. */
  settle(client: Client, judgement: Judgement, question: Question, now: number): Settled | undefined
  /** Are all addresses of the answer open for the client, and for long enough? */
  isOpen(client: Client, settled: Settled): boolean
}

type Ports = Pick<ResolverOptions, 'leases' | 'needsLease' | 'leaseMarginSeconds'>

export function createJudge(ports: Ports, memory: Memory): Judge {
  const marginMs = ports.leaseMarginSeconds * 1000

  function settle(client: Client, judgement: Judgement, question: Question, now: number): Settled | undefined {
    const { verdict } = judgement
    if (judgement.local) return answerLocally(judgement.name, question.type)
    if (verdict.kind === 'deny') return judgement.denial
    if (!permitsType(verdict, question.type)) return memory.denyType(client, judgement, question.type)
    if (lacksFamily(client, question.type)) return NO_SUCH_FAMILY
    const settled = judgement.settledFor(variantOf(question.type, question.dnssecOk), now)
    return settled !== undefined && isOpen(client, settled) ? settled : undefined
  }

  function isOpen(client: Client, { holder, expiresAt }: Settled): boolean {
    return holder === undefined || !ports.needsLease(client) || ports.leases.covers(holder, client, expiresAt + marginMs)
  }

  return { settle, isOpen }
}

function lacksFamily({ families }: Client, type: number): boolean {
  return (type === TYPE.A && !families.ipv4) || (type === TYPE.AAAA && !families.ipv6)
}
