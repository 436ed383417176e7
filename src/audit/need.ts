// Would what deployments need be allowed, and for how long? Judged by the function that decides.

import type { Need } from '../config/needs.ts'
import type { Name } from '../dns/name.ts'
import { coversRange, formatPortRange, type PortRange } from '../net/port.ts'
import { isSingleAddress } from '../net/prefix.ts'
import { decideAddress, decideName } from '../policy/decide.ts'
import type { Rule } from '../policy/rule.ts'
import { earliestEnd } from '../policy/rule.ts'
import { type AddressVerdict, DENIAL_WORDS, type Verdict } from '../policy/verdict.ts'
import type { View } from '../policy/view.ts'
import type { Finding } from '../report/finding.ts'
import { DestinationError } from '../zones/destination-error.ts'
import { type Destination, parseDestination } from '../zones/edit.ts'
import { UNMENTIONED_LABEL } from './compare.ts'

export interface NeedContext {
  /** Where the needs are written. */
  readonly file: string
  readonly now: number
  /** An end nearer than this is a finding. */
  readonly soonMs: number
  /** Throws where nobody is known by that name. */
  viewOf(client: string | undefined): View
}

type Judged = Verdict | AddressVerdict

const DAY_MS = 86_400_000
/** The finding about a need; undefined: it would be allowed, and for long enough. Throws DestinationError where it is no destination. */
export function judgeNeed(need: Need, context: NeedContext): Finding | undefined {
  const destination = parseNeeded(need, context.file)
  const verdict = judge(destination, context.viewOf(need.client), context.now)
  const denial = verdict.kind === 'deny' ? explain(verdict) : denialOfPort(verdict, destination.port)
  if (denial !== undefined) return finding(need, context, 'need-denied', `is denied${forClient(need)}: ${denial}`)
  const endsAt = verdict.kind === 'allow' ? earliestEnd(verdict.rules) : Number.POSITIVE_INFINITY
  if (endsAt - context.now > context.soonMs) return undefined
  const days = Math.floor((endsAt - context.now) / DAY_MS)
  const where = verdict.kind === 'allow' ? placesOf(verdict.rules.filter(({ until }) => until === endsAt)) : ''
  return finding(need, context, 'need-expires', `is allowed${forClient(need)} for ${days} more days only: ${where}`)
}

/** "payments (team-billing)", as far as it is known. */
export function describeNeed({ destination, integration, owner }: Need): string {
  const whose = owner === undefined ? '' : ` (${owner})`
  return integration === undefined ? `${destination}${whose}` : `${integration}${whose}: ${destination}`
}

export function parseNeeded({ destination, line }: Need, file: string): Destination {
  try {
    const parsed = parseDestination(destination)
    if (parsed.kind === 'prefix' && !isSingleAddress(parsed.prefix))
      throw new DestinationError(`${destination} is a prefix: name its addresses`)
    return parsed
  } catch (error) {
    if (error instanceof DestinationError) throw new DestinationError(`${file}:${line}: ${error.message}`, { cause: error })
    throw error
  }
}

export function finding(need: Need, { file }: Pick<NeedContext, 'file'>, rule: Finding['rule'], what: string): Finding {
  return { rule, severity: 'error', message: `${describeNeed(need)} ${what}`, file, line: need.line }
}

/** As enforced: what audit mode lets through would be denied. */
function judge(destination: Destination, view: View, now: number): Judged {
  if (destination.kind === 'prefix') return decideAddress(view, destination.prefix.address, now)
  const { name, wildcard } = destination.pattern
  const verdict = decideName(view, wildcard ? (`${UNMENTIONED_LABEL}.${name}` as Name) : name, now)
  return verdict.kind === 'allow' ? (verdict.audited ?? verdict) : verdict
}

function denialOfPort({ ports, rules }: Judged & { kind: 'allow' }, port: PortRange | undefined): string | undefined {
  if (port === undefined || coversRange(ports, port)) return undefined
  return `${formatPortRange(port)} is not among ${ports.map(formatPortRange).join(' ')} (${placesOf(rules)})`
}

function explain({ reason, rule }: Judged & { kind: 'deny' }): string {
  return `${DENIAL_WORDS[reason]}${rule === undefined ? '' : ` (${placesOf([rule])})`}`
}

function placesOf(rules: readonly Rule[]): string {
  return rules.map(({ place, text }) => `${place.file}:${place.line}: ${text}`).join(', ')
}

function forClient({ client }: Need): string {
  return client === undefined ? '' : ` for ${client}`
}
