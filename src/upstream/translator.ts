// Where the network translates IPv6 to IPv4 (NAT64), an AAAA record may lead to any IPv4 address. Its prefix is asked for as RFC 7050 says.

import { parseName, WireError } from '../dns/name.ts'
import { RcodeError } from '../dns/response.ts'
import { TYPE } from '../dns/vocabulary.ts'
import type { Address } from '../net/address.ts'
import { findTranslators, type TranslatorPrefix, translate } from '../net/translator.ts'
import { UpstreamError } from './error.ts'
import type { Question } from './question.ts'
import type { Exchange } from './race.ts'
import type { Upstream } from './upstream.ts'

const QUESTION = { name: parseName('ipv4only.arpa'), type: TYPE.AAAA, dnssecOk: false }
/** How long what was found is believed; then it is asked for again beside the next question. */
const BELIEVED_MS = 600_000
const RETRY_MS = 30_000

export interface Translators {
  /** As upstream's. The first answer with IPv6 addresses waits until it is known whether the network translates. */
  readonly exchange: Upstream['exchange']
  /** The IPv4 address that the network makes of it; undefined: it does not translate it. */
  translated(address: Address): Address | undefined
}

export function createTranslators({ exchange }: Pick<Upstream, 'exchange'>): Translators {
  let prefixes: readonly TranslatorPrefix[] | undefined
  let nextAt = 0
  let underway: Promise<void> | undefined

  async function find(): Promise<void> {
    try {
      prefixes = findTranslators((await exchange(QUESTION)).answer.addresses)
      nextAt = performance.now() + BELIEVED_MS
    } catch (error) {
      if (!(error instanceof UpstreamError || error instanceof RcodeError || error instanceof WireError)) throw error
      nextAt = performance.now() + RETRY_MS
    }
  }

  function findIfDue(): Promise<void> | undefined {
    if (performance.now() < nextAt) return underway
    underway ??= find().finally(() => {
      underway = undefined
    })
    return underway
  }

  function exchangeAndFind(question: Question): Promise<Exchange> {
    const finding = question.type === TYPE.AAAA ? findIfDue() : undefined
    return finding === undefined || prefixes !== undefined ? exchange(question) : exchangeFirst(question, finding)
  }

  async function exchangeFirst(question: Question, finding: Promise<void>): Promise<Exchange> {
    const exchanged = await exchange(question)
    if (prefixes === undefined && exchanged.answer.addresses.length > 0) await finding
    return exchanged
  }

  return { exchange: exchangeAndFind, translated: (address) => translate(address, prefixes ?? []) }
}
