// What `why`, `allow` and `deny` say about a destination: for machines, and in words.

import { coversRange, formatPortRange, type PortRange, parsePortRange } from '../net/port.ts'
import type { Rule } from '../policy/rule.ts'
import { type AddressDeny, type AddressVerdict, DENIAL_WORDS, type Deny, type Verdict } from '../policy/verdict.ts'
import type { BudgetUse } from '../resolver/budget.ts'

/** Codes, so that machines need not read sentences. */
export type Reason =
  | 'entry'
  | 'opened'
  | 'audit'
  | 'port'
  | 'budget'
  | 'loopback'
  | 'answered-here'
  | Deny['reason']
  | AddressDeny['reason']

export interface Answer {
  /** As an entry begins: "registry.npmjs.org". */
  readonly destination: string
  /** "tcp/443"; null: no port was asked about. */
  readonly port: string | null
  readonly client: string
  readonly verdict: 'allow' | 'deny'
  readonly reason: Reason
  readonly ports: readonly string[]
  /** The entries that decide. */
  readonly entries: readonly { readonly file: string; readonly line: number; readonly text: string }[]
  /** Of an address: the names that have it open now. */
  readonly openedBy: readonly Opener[]
  /** Of an address: what was refused there lately. */
  readonly refused: readonly Refusal[]
  /** Of a name below an allowed wildcard, while the resolver runs: what the client has used of its budget. */
  readonly budget: BudgetUse | null
}

/** A name that a client asked for, and that has an address open. */
export interface Opener {
  readonly client: string
  readonly name: string
  readonly ports: readonly string[]
  readonly remainingSeconds: number
}

/** What a client tried at an address, and did not get. */
export interface Refusal {
  readonly client: string
  readonly ports: string
  readonly packets: number
  /** By which it had the address open, now or before. */
  readonly names: readonly string[]
  readonly lastSeenAgoSeconds: number
}

/** What is asked about. */
export interface Subject {
  readonly destination: string
  readonly port: PortRange | undefined
  readonly client: string
}

export function answerTo(subject: Subject, verdict: Verdict | AddressVerdict): Answer {
  if (verdict.kind === 'deny') return compose(subject, { reason: verdict.reason, ports: [], rules: verdict.rule ? [verdict.rule] : [] })
  const { ports, rules } = verdict
  if (subject.port !== undefined && !coversRange(ports, subject.port)) return compose(subject, { reason: 'port', ports, rules })
  return compose(subject, { reason: 'audited' in verdict && verdict.audited !== undefined ? 'audit' : 'entry', ports, rules })
}

/** Of a name that is answered here, whatever the entries say: loopback is the client's own. */
export function answerHere(subject: Subject, isLoopback: boolean): Answer {
  return compose(subject, { reason: isLoopback ? 'loopback' : 'answered-here', ports: [], rules: [] })
}

/** An address that no entry opens may still be open, for a name. */
export function withOpeners(answer: Answer, subject: Subject, openedBy: readonly Opener[]): Answer {
  const ports = openedBy.flatMap((opener) => opener.ports.flatMap((text) => parsePortRange(text) ?? []))
  const isOpen = ports.length > 0 && (subject.port === undefined || coversRange(ports, subject.port))
  if (answer.verdict === 'allow' || !isOpen) return { ...answer, openedBy }
  return { ...answer, verdict: 'allow', reason: 'opened', ports: [...new Set(ports.map(formatPortRange))], openedBy }
}

/** A name that an entry allows may still be beyond the budget of its wildcard. */
export function withBudget(answer: Answer, budget: BudgetUse | null): Answer {
  const isDenied = budget?.isSpent && budget.limits.enforce
  return isDenied ? { ...answer, verdict: 'deny', reason: 'budget', budget } : { ...answer, budget }
}

interface Findings {
  readonly reason: Reason
  readonly ports: readonly PortRange[]
  readonly rules: readonly Rule[]
}

function compose({ destination, port, client }: Subject, { reason, ports, rules }: Findings): Answer {
  return {
    destination,
    port: port === undefined ? null : formatPortRange(port),
    client,
    verdict: ALLOWING.has(reason) ? 'allow' : 'deny',
    reason,
    ports: ports.map(formatPortRange),
    entries: rules.map(({ place, text }) => ({ ...place, text })),
    openedBy: [],
    refused: [],
    budget: null,
  }
}

const ALLOWING: ReadonlySet<Reason> = new Set(['entry', 'audit', 'loopback'])

const WORDS: Readonly<Record<Reason, string>> = {
  entry: 'an entry allows it',
  opened: 'a name that resolves to it is allowed',
  audit: 'audit mode lets it through; no entry allows it',
  budget: 'the budget for names below its wildcard is spent for this hour',
  loopback: "it is answered here as the client's own loopback, whatever the entries say",
  'answered-here': 'it is answered here as a name without addresses, whatever the entries say',
  port: 'the port is not among those that are open',
  ...DENIAL_WORDS,
}

/** Lines for people: the verdict, what made it, how to change it. */
export function describeAnswer(answer: Answer): readonly string[] {
  const { destination, port, reason, entries, openedBy, budget } = answer
  return [
    headline(answer),
    ...entries.map(({ file, line, text }) => `  ${file}:${line}: ${text}`),
    ...openedBy.map(
      ({ client, name, ports, remainingSeconds }) => `  ${ports.join(' ')} for ${client} by ${name}, ${remainingSeconds} s more`,
    ),
    ...(budget === null ? [] : [`  ${describeBudget(budget)}`]),
    ...answer.refused.map(describeRefusal),
    ...(reason === 'no-rule' || reason === 'port' ? [`  to allow it: sallyport allow ${formatDestination(destination, port)}`] : []),
  ]
}

function describeBudget({ wildcard, names, octets, limits }: BudgetUse): string {
  return `asked for below ${wildcard} in this hour: ${names} of ${limits.names} names, ${octets} of ${limits.octets} octets`
}

function describeRefusal({ client, ports, packets, names, lastSeenAgoSeconds }: Refusal): string {
  const asked = names.length === 0 ? 'it had asked for no name of this address' : `it had asked for ${names.join(', ')}`
  return `  refused to ${client} on ${ports}: ${packets} ${packets === 1 ? 'packet' : 'packets'}, the last ${lastSeenAgoSeconds} s ago; ${asked}`
}

function headline({ destination, port, verdict, reason, ports }: Answer): string {
  const asked = port === null ? destination : `${destination} ${port}`
  if (verdict === 'deny') return `${asked} is denied: ${WORDS[reason]}`
  if (reason === 'loopback') return `${asked} is allowed: ${WORDS[reason]}`
  const open = `${asked} is allowed on ${ports.join(' ')}`
  return reason === 'entry' ? open : `${open}: ${WORDS[reason]}`
}

/** As the command line takes it: `registry.npmjs.org:22`, `[2001:db8::1]:udp/53`. */
function formatDestination(destination: string, port: string | null): string {
  if (port === null) return destination
  const host = destination.includes(':') ? `[${destination}]` : destination
  return `${host}:${port.replace('tcp/', '')}`
}
