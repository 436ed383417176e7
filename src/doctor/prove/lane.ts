// One sandbox, one guard, and the attacks on it.
import { setTimeout as pause } from 'node:timers/promises'
import { inNamespaceOf } from '../../linux/namespace.ts'
import type { NamedAttack } from './corpus.ts'
import { type Disturbance, disturb, NEEDS_HEALTH } from './disturb.ts'
import type { Sighting } from './judge.ts'
import { type GuardUnderTest, NEIGHBOUR_GATEWAY, shareOf } from './plan.ts'
import { createRounds, type Rounds } from './round.ts'
import { createSubject, type Subject } from './subject.ts'
import { createWorld, needsPrivilege, type World } from './world.ts'

export interface LaneOptions {
  readonly guard: GuardUnderTest
  readonly owner: 'auto' | 'off'
  /** The command line of this program. */
  readonly program: readonly [string, ...string[]]
}

export interface Lane {
  readonly protection: string
  readonly arrived: readonly Sighting[]
  /** Why which attack could not be tried, by number. */
  readonly untried: ReadonlyMap<number, string>
  readonly control: readonly boolean[]
}

interface Stage {
  readonly world: World
  readonly subject: Subject | undefined
  readonly rounds: Rounds
}

/** Attacks that run side by side. */
const PARALLEL = 24
const CONTROL = 1
const PATIENCE_MS = 10_000
const RETRY_MS = 20
/** From the last packet's departure to its notice on the far side. */
const SETTLE_MS = 100

/** Makes a world, has the attacks made in it, and gathers what arrived. Throws where the world cannot be made. */
export async function runLane(
  { guard, owner, program }: LaneOptions,
  attacks: readonly NamedAttack[],
  order: readonly Disturbance[],
): Promise<Lane> {
  const rounds = createRounds()
  const world = createWorld(guard, { disturbed: rounds.disturbed, attacks })
  const subject =
    guard === 'none' ? undefined : createSubject({ guard, owner, program, enter: (act) => inNamespaceOf(world.gateway.pid, act) })
  const stage = { world, subject, rounds }
  try {
    await Promise.all([world.begin(), subject?.start()])
    const before = await recover(stage)
    const protection = (await subject?.protection()) ?? 'none'
    const untried = await attackAll(stage, attacks, order)
    const after = await recover(stage)
    await pause(SETTLE_MS)
    return { protection, arrived: await gather(world), untried, control: [...before, ...after] }
  } finally {
    await subject?.close()
    await world.close()
  }
}

/** The quiet ones, then in turn those for each thing that happens to the guard; of each, many side by side. */
async function attackAll(
  stage: Stage,
  attacks: readonly NamedAttack[],
  order: readonly Disturbance[],
): Promise<ReadonlyMap<number, string>> {
  const { world, subject, rounds } = stage
  const untried = new Map<number, string>()
  const attack = async (one: NamedAttack): Promise<void> => {
    const { number } = one
    const worker = needsPrivilege(one) ? world.privileged : world.plain
    const reason = await worker.call('attack', { number, state: subject?.state })
    if (reason !== undefined) untried.set(number, reason)
  }
  const { quiet = [], loud = [] } = Object.groupBy(attacks, ({ during }) => (during === undefined ? 'quiet' : 'loud'))
  await inTurns(quiet, async (one) => {
    await letNeighbourAsk(stage, one)
    await attack(one)
  })
  await inTurns(loud, (one) => letNeighbourAsk(stage, one))
  for (const what of order) {
    const round = loud.filter(({ during }) => during === what)
    if (round.length === 0) continue
    if (NEEDS_HEALTH.has(what)) await recover(stage)
    await rounds.play(round, attack, async () =>
      subject === undefined ? undefined : disturb({ subject, gatewayPid: world.gateway.pid }, what),
    )
    subject?.restoreZones()
  }
  return untried
}

async function inTurns(attacks: readonly NamedAttack[], attack: (one: NamedAttack) => Promise<void>): Promise<void> {
  const waiting = [...attacks]
  const next = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await attack(one)
  }
  await Promise.all(Array.from({ length: PARALLEL }, next))
}

/** Starts what does not run, and waits until what is allowed is reached over both families, in every zone; the last attempt's outcome. */
async function recover({ world: { plain }, subject }: Stage): Promise<readonly boolean[]> {
  await subject?.start()
  const end = performance.now() + PATIENCE_MS
  for (;;) {
    const [reached, ...resolved] = await Promise.all([
      plain.call('use', CONTROL),
      plain.call('resolves', 'grey'),
      plain.call('resolves', 'barred'),
    ])
    if ([...reached, ...resolved].every(Boolean) || performance.now() > end) return reached
    await pause(RETRY_MS)
  }
}

/** The neighbour resolves the name of the attack that only it may: from then on it may go to the closed address, and nobody else. */
async function letNeighbourAsk({ world: { neighbour, token }, subject }: Stage, { number }: NamedAttack): Promise<void> {
  if (subject === undefined) return
  await neighbour?.call('ask', { server: NEIGHBOUR_GATEWAY[4], name: `${shareOf(token, number).marker}.theirs.example` })
}

async function gather({ far, gateway, neighbour }: World): Promise<readonly Sighting[]> {
  const witnesses = [far, gateway, ...(neighbour === undefined ? [] : [neighbour])]
  return (await Promise.all(witnesses.map((witness) => witness.call('seen')))).flat()
}
