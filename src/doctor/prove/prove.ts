// One run of the corpus against one guard.
import { setTimeout as pause } from 'node:timers/promises'
import { inNamespaceOf } from '../../linux/namespace.ts'
import { loadCorpus, type NamedAttack } from './corpus.ts'
import { type Disturbance, disturb, type Scene } from './disturb.ts'
import type { Sighting } from './judge.ts'
import { type GuardUnderTest, NEIGHBOUR_GATEWAY, shareOf } from './plan.ts'
import { createSubject, type Subject } from './subject.ts'
import { createWorld, type World } from './world.ts'

export interface ProveOptions {
  readonly guard: GuardUnderTest
  readonly owner: 'auto' | 'off'
  readonly program: readonly [string, ...string[]]
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
  /** Whether an allowed name was reached, over IPv4 and over IPv6, before and after all: else the rest proves nothing. */
  readonly control: readonly boolean[]
  readonly milliseconds: number
}

/** Attacks that run side by side. */
const PARALLEL = 24
const CONTROL = 1
const PATIENCE_MS = 10_000
const RETRY_MS = 20
/** From the last packet's departure to its notice on the far side. */
const SETTLE_MS = 100

/** Makes a world, attacks in it, and says what got out. Throws where the world cannot be made. */
export async function prove(options: ProveOptions): Promise<Proof> {
  const started = performance.now()
  const attacks = (await loadCorpus()).filter((attack) => isWanted(attack, options))
  const stage: { scene?: Scene } = {}
  const world = await createWorld(options.guard, (what: Disturbance) =>
    stage.scene === undefined ? nothing() : disturb(stage.scene, what),
  )
  const subject = options.guard === 'none' ? undefined : subjectIn(world, options.guard, options)
  try {
    if (subject !== undefined) stage.scene = { subject, gatewayPid: world.gateway.pid }
    await subject?.start()
    const before = await settle(world)
    if (subject !== undefined) await letNeighbourAsk(world, attacks)
    const protection = (await subject?.protection()) ?? 'none'
    const untried = await attackAll(world, subject, attacks)
    const after = await settle(world)
    await pause(SETTLE_MS)
    const arrived = await gather(world)
    return {
      guard: options.guard,
      protection,
      findings: attacks.map((attack) => findingOf(attack, options.guard, arrived, untried.get(attack.number))),
      unexplained: options.guard === 'none' ? [] : arrived.filter(({ attack }) => attack === undefined || attack === CONTROL),
      control: [...before, ...after],
      milliseconds: performance.now() - started,
    }
  } finally {
    await subject?.close()
    await world.close()
  }
}

async function nothing(): Promise<void> {}

function isWanted({ group, name, guards }: NamedAttack, { guard, only }: ProveOptions): boolean {
  const chosen = only === undefined || only.some((word) => `${group} ${name}`.includes(word))
  return chosen && (guards === undefined || guard === 'none' || guards.includes(guard))
}

function subjectIn(world: World, guard: 'forward' | 'output', { owner, program }: ProveOptions): Subject {
  return createSubject({ guard, owner, program, enter: (act) => inNamespaceOf(world.gateway.pid, act) })
}

/** The quiet ones side by side, then those that disturb the guard, each for itself. Why which could not be tried. */
async function attackAll(
  world: World,
  subject: Subject | undefined,
  attacks: readonly NamedAttack[],
): Promise<ReadonlyMap<number, string>> {
  const untried = new Map<number, string>()
  const attack = async ({ number, assumes = [] }: NamedAttack): Promise<void> => {
    const reason = await (assumes.length === 0 ? world.plain : world.privileged).call('attack', number)
    if (reason !== undefined) untried.set(number, reason)
  }
  const waiting = attacks.filter(({ alone }) => !alone)
  const next = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await attack(one)
  }
  await Promise.all(Array.from({ length: PARALLEL }, next))
  for (const one of attacks.filter(({ alone }) => alone)) {
    await attack(one)
    subject?.restoreZones()
    await subject?.start()
    await settle(world)
  }
  return untried
}

/** Waits until what is allowed is reached over both families; the last attempt's outcome. */
async function settle({ plain }: World): Promise<readonly boolean[]> {
  const end = performance.now() + PATIENCE_MS
  for (;;) {
    const reached = await plain.call('use', CONTROL)
    if (reached.every(Boolean) || performance.now() > end) return reached
    await pause(RETRY_MS)
  }
}

/** The neighbour resolves, for every attack, the name that only it may: from then on it may go there, and nobody else. */
async function letNeighbourAsk({ neighbour, token }: World, attacks: readonly NamedAttack[]): Promise<void> {
  const names = attacks.map(({ number }) => `${shareOf(token, number).marker}.theirs.example`)
  await neighbour?.call('ask', { server: NEIGHBOUR_GATEWAY[4], names })
}

async function gather({ far, gateway, neighbour }: World): Promise<readonly Sighting[]> {
  const witnesses = [far, gateway, ...(neighbour === undefined ? [] : [neighbour])]
  return (await Promise.all(witnesses.map((witness) => witness.call('seen')))).flat()
}

function findingOf(
  { number, group, name, tries, assumes = [], open, inert }: NamedAttack,
  guard: GuardUnderTest,
  all: readonly Sighting[],
  untried: string | undefined,
): Finding {
  const arrived = all.filter(({ attack }) => attack === number)
  const outcome = arrived.length > 0 ? (open === undefined ? 'escaped' : 'open') : untried === undefined ? 'held' : 'untried'
  const reason = outcome === 'untried' ? untried : (open ?? (guard === 'none' ? inert : undefined))
  return { group, name, tries, assumes, outcome, ...(reason === undefined ? {} : { reason }), arrived }
}
