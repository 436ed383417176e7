// From what was observed to the entries that would let it through: exact names, the ports that were seen, the clients that were seen.

import { typeName } from '../dns/vocabulary.ts'
import { formatPortRange, mergePorts, type PortRange } from '../net/port.ts'
import type { Rule, Tier } from '../policy/rule.ts'
import type { View } from '../policy/view.ts'
import { type Coverage, coverageOf } from './coverage.ts'
import type { Observation } from './observation.ts'

/** An entry to add, or to give further ports. */
export interface Proposal {
  readonly tier: Tier
  /** Undefined: for every client. */
  readonly client: string | undefined
  /** As an entry begins: "api.example.org", "*.example.org", "192.0.2.1". */
  readonly subject: string
  readonly ports: readonly PortRange[]
  /** "types=SRV", "private". */
  readonly options: readonly string[]
  /** What it is proposed for. */
  readonly seen: readonly Observation[]
}

/** Observed, and would still be denied. */
export interface LeftOut {
  readonly observation: Observation
  readonly why: string
}

export interface ProposalOptions {
  readonly now: number
  /** Every client that there is; what all of them contacted is for everybody. */
  readonly clients: ReadonlySet<string>
  /** Leave out names that were asked for and never contacted. Else they get the port that entries have by default: denied, a replay would fail. */
  readonly contactedOnly: boolean
  /** Without audit mode. Undefined: nobody is known by that name. */
  viewOf(client: string): View | undefined
}

interface Wanted {
  readonly observation: Observation
  readonly tier: Tier
  readonly missing: Extract<Coverage, { kind: 'missing' }>
}

const HTTPS: PortRange = { protocol: 'tcp', first: 443, last: 443 }

export function propose(
  observations: readonly Observation[],
  options: ProposalOptions,
): { readonly proposals: readonly Proposal[]; readonly leftOut: readonly LeftOut[] } {
  const leftOut: LeftOut[] = []
  const wanted = observations.flatMap((observation): readonly Wanted[] => {
    const judged = judge(observation, options)
    if (typeof judged === 'string') leftOut.push({ observation, why: judged })
    return typeof judged === 'object' ? [judged] : []
  })
  const groups = Map.groupBy(wanted, ({ observation, tier }) => `${tier} ${observation.destination}`)
  return { proposals: [...groups.values()].flatMap((group) => proposalsFor(group, options)), leftOut }
}

/** Undefined: nothing is missing. A text: why nothing is proposed for it. */
function judge(observation: Observation, { viewOf, now, contactedOnly }: ProposalOptions): Wanted | string | undefined {
  const view = viewOf(observation.client)
  if (view === undefined) return `nobody is known as ${observation.client}: name its addresses under clients: in the settings`
  const coverage = coverageOf(view, observation, now)
  if (coverage.kind === 'covered' || isWithoutAddress(observation)) return undefined
  if (coverage.kind === 'refused') return coverage.why
  if (contactedOnly && observation.ports.length === 0 && observation.types.every(isAddressType))
    return 'it was asked for and never contacted'
  return { observation, tier: observation.system === null ? 'app' : 'base', missing: coverage }
}

/** There is no such name, or nothing at it: denied, it is answered alike. */
function isWithoutAddress({ kind, addresses, ports, types }: Observation): boolean {
  return kind === 'name' && addresses.length === 0 && ports.length === 0 && types.every(isAddressType)
}

/** For everybody if all there are have contacted it on the same ports, else for each client apart. */
function proposalsFor(group: readonly Wanted[], { clients }: ProposalOptions): readonly Proposal[] {
  const whole = group.map((each) => ({ ...each, entry: entryOf(each) }))
  const isAlike = new Set(whole.map(({ entry }) => JSON.stringify(entry))).size === 1
  const isForAll = isAlike && new Set(group.map(({ observation }) => observation.client)).size === clients.size
  const members = isForAll ? [whole] : whole.map((each) => [each])
  return members.map((some) => {
    const [{ tier, observation, entry }] = some as [(typeof whole)[number]]
    const seen = some.map((each) => each.observation)
    return { tier, client: isForAll ? undefined : observation.client, subject: observation.destination, ...entry, seen }
  })
}

/** The more specific entry speaks alone in its tier, so it has to say what the wider ones of its tier said as well. */
function entryOf({ observation, missing, tier }: Wanted): Pick<Proposal, 'ports' | 'options'> {
  const wider: readonly Rule[] = missing.rules.filter((rule) => rule.tier === tier)
  const ports = missing.ports.length === 0 && missing.rules.length === 0 && observation.ports.length === 0 ? [HTTPS] : missing.ports
  const inherited = wider.flatMap((rule) => ('types' in rule ? (rule.types as readonly number[]).map(typeName) : []))
  const types = [...new Set([...missing.types.filter((type) => !isAddressType(type)), ...inherited])].toSorted()
  return {
    ports: mergePorts([...wider.flatMap((rule) => rule.ports), ...ports]),
    options: [...untilOf(wider), ...(types.length > 0 ? [`types=${types.join(',')}`] : []), ...(missing.private ? ['private'] : [])],
  }
}

/** What one of them lets through until a day is let through until then. */
function untilOf(rules: readonly Rule[]): readonly string[] {
  const days = rules.flatMap(({ text }) => /\buntil=\S+/.exec(text)?.[0] ?? []).toSorted()
  return days.slice(0, 1)
}

function isAddressType(type: string): boolean {
  return type === 'A' || type === 'AAAA' || type === 'CNAME'
}

/** "registry.npmjs.org  tcp/443  # evidence". */
export function formatProposal({ subject, ports, options, seen }: Proposal, runs: number): string {
  return [[subject, ...ports.map(formatPortRange), ...options].join(' '), `# ${describeEvidence(seen, runs)}`].join('  ')
}

/** "seen in 2 of 3 runs, 14 connections, last 2026-11-25". */
export function describeEvidence(seen: readonly Observation[], runs: number): string {
  const sum = (key: 'connections' | 'lookups') => seen.reduce((total, each) => total + each[key], 0)
  const isContacted = seen.some(({ ports }) => ports.length > 0)
  return [
    `seen in ${Math.max(...seen.map((each) => each.runs))} of ${counted(runs, 'run')}`,
    isContacted ? counted(sum('connections'), 'connection') : `never contacted, ${counted(sum('lookups'), 'lookup')}`,
    ...(seen.every(({ kind }) => kind === 'address') ? ['without any lookup'] : []),
    `last ${seen
      .map(({ lastSeen }) => lastSeen)
      .toSorted()
      .at(-1)!
      .slice(0, 10)}`,
  ].join(', ')
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
