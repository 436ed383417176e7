// One run of the corpus against one guard.
import { loadCorpus, type NamedAttack } from './corpus.ts'
import { type Disturbance, LANES } from './disturb.ts'
import type { Sighting } from './judge.ts'
import { type Lane, type LaneOptions, runLane } from './lane.ts'
import type { GuardUnderTest } from './plan.ts'

export interface ProveOptions extends LaneOptions {
  /** Only attacks whose group or name has one of these words; all unless told. */
  readonly only?: readonly string[]
}

/** held: nothing arrived. escaped: something did. open: something did, and the design says so. untried: it could not be tried, so nothing is known. */
export type Outcome = 'held' | 'escaped' | 'open' | 'untried'

export interface Finding {
  readonly group: string
  readonly name: string
  readonly tries: string
  readonly assumes: readonly string[]
  readonly outcome: Outcome
  /** Why the design does not cover it, why it could not be tried, or why it gets nowhere without a guard either. */
  readonly reason?: string
  readonly arrived: readonly Sighting[]
}

export interface Proof {
  readonly guard: GuardUnderTest
  /** How the rules are kept from others: owner, lock or none. */
  readonly protection: string
  readonly findings: readonly Finding[]
  /** What arrived and no attack explains: an escape as well. Without a guard nothing needs explaining. */
  readonly unexplained: readonly Sighting[]
  /** Whether an allowed name was reached, over IPv4 and over IPv6, before and after all, in each sandbox: else the rest proves nothing. */
  readonly control: readonly boolean[]
  readonly milliseconds: number
  /** Words of the attacks that were made; undefined: all that the guard is for. */
  readonly only?: readonly string[]
}

const CONTROL = 1
/** Why what an attack asks of the guard may be missing, by how its table is protected. */
const MISSING: Readonly<Record<NonNullable<NamedAttack['asks']>, Readonly<Record<string, string>>>> = {
  'a protected table': {
    none: 'where the kernel knows no owners of tables (before Linux 6.9), root of the namespace may take the rules away: run nothing else as root there',
  },
  'an owned table': {
    lock: 'routing locks the way through the gateway, not the way to it: until the loss of the table is noticed, within a second, its own ports are open, and what it cannot deliver it reports to forged addresses',
  },
}

/** Makes worlds, attacks in them, and says what got out. Throws where a world cannot be made. */
export async function prove(options: ProveOptions): Promise<Proof> {
  const started = performance.now()
  const attacks = (await loadCorpus()).filter((attack) => isWanted(attack, options))
  const lanes = await Promise.all(lanesOf(attacks, options).map(([own, order]) => runLane(options, own, order)))
  const arrived = lanes.flatMap((lane) => lane.arrived)
  const { protection } = lanes[0]!
  return {
    guard: options.guard,
    protection,
    findings: attacks.map((attack) => findingOf(attack, { ...options, protection }, arrived, untriedIn(lanes, attack))),
    unexplained: options.guard === 'none' ? [] : arrived.filter(({ attack }) => attack === undefined || attack === CONTROL),
    control: lanes.flatMap(({ control }) => control),
    milliseconds: performance.now() - started,
    ...(options.only === undefined ? {} : { only: options.only }),
  }
}

function isWanted({ group, name, guards }: NamedAttack, { guard, only }: ProveOptions): boolean {
  const chosen = only === undefined || only.some((word) => `${group} ${name}`.includes(word))
  return chosen && (guards === undefined || guard === 'none' || guards.includes(guard))
}

/** Each lane's attacks with the order of what happens in it. Without a guard nothing happens, and one is enough. */
function lanesOf(
  attacks: readonly NamedAttack[],
  { guard }: ProveOptions,
): readonly (readonly [readonly NamedAttack[], readonly Disturbance[]])[] {
  if (guard === 'none') return [[attacks, LANES.flat()]]
  const lanes = LANES.map((order, index) => [attacks.filter(({ during }) => isInLane(order, index, during)), order] as const)
  const busy = lanes.filter(([own]) => own.length > 0)
  return busy.length > 0 ? busy : lanes.slice(0, 1)
}

function isInLane(order: readonly Disturbance[], index: number, during: Disturbance | undefined): boolean {
  return during === undefined ? index === 0 : order.includes(during)
}

function untriedIn(lanes: readonly Lane[], { number }: NamedAttack): string | undefined {
  return lanes.map(({ untried }) => untried.get(number)).find((reason) => reason !== undefined)
}

function findingOf(
  { number, group, name, tries, assumes = [], open, inert, asks }: NamedAttack,
  { guard, protection }: { readonly guard: GuardUnderTest; readonly protection: string },
  all: readonly Sighting[],
  untried: string | undefined,
): Finding {
  const known = open ?? (asks === undefined || guard === 'none' ? undefined : MISSING[asks][protection])
  const arrived = all.filter(({ attack }) => attack === number)
  const outcome = arrived.length > 0 ? (known === undefined ? 'escaped' : 'open') : untried === undefined ? 'held' : 'untried'
  const reason = outcome === 'untried' ? untried : (known ?? (guard === 'none' ? inert : undefined))
  return { group, name, tries, assumes, outcome, ...(reason === undefined ? {} : { reason }), arrived }
}
