// The whole path once through: sallyport in a gateway of its own, dns2's server as its upstream, dns2's client in a sandbox behind it.
import { inNamespaceOf } from '../../linux/namespace.ts'
import type { Durations } from '../prove/measure.ts'
import { FAR, SANDBOX_GATEWAY } from '../prove/plan.ts'
import { createSubject } from '../prove/subject.ts'
import { createWorld } from '../prove/world.ts'
import { bad, good, type HostFinding } from './finding.ts'

/** Medians, in milliseconds. */
export interface Cost {
  readonly direct: Figures
  readonly through: Figures
}

export interface Figures {
  readonly roundTripMs: number
  readonly againMs: number
  readonly firstConnectionMs: number
}

export interface Rehearsal {
  readonly findings: readonly HostFinding[]
  /** Undefined where something stood in the way. */
  readonly cost: Cost | undefined
}

export interface RehearsalOptions {
  readonly guard: 'forward' | 'output'
  readonly owner: 'auto' | 'off'
  readonly program: readonly [string, ...string[]]
}

const TOPIC = 'rehearsal'
const ROUNDS = 50
const NXDOMAIN = 3

export async function rehearse(options: RehearsalOptions): Promise<Rehearsal> {
  try {
    return await rehearseInWorld(options)
  } catch (error) {
    const says = error instanceof Error ? error.message : String(error)
    return {
      findings: [bad(TOPIC, `the whole path does not work here: ${says}`, 'mend what is said above, and try again')],
      cost: undefined,
    }
  }
}

async function rehearseInWorld({ guard, owner, program }: RehearsalOptions): Promise<Rehearsal> {
  const world = createWorld(guard, { lone: true })
  const subject = createSubject({ guard, owner, program, enter: (act) => inNamespaceOf(world.gateway.pid, act) })
  const server = guard === 'output' ? '127.0.0.1' : SANDBOX_GATEWAY[4]
  try {
    await world.begin()
    const direct = figuresOf(await world.plain.call('measure', { server: FAR[4], rounds: ROUNDS }))
    await subject.start()
    const reached = await world.plain.call('use', 1)
    const rcode = await world.plain.call('deny', server)
    const through = figuresOf(await world.plain.call('measure', { server, rounds: ROUNDS }))
    return { findings: [reachFinding(reached), denialFinding(rcode)], cost: { direct, through } }
  } finally {
    await subject.close()
    await world.close()
  }
}

function reachFinding(reached: readonly boolean[]): HostFinding {
  return reached.every(Boolean)
    ? good(TOPIC, 'an allowed name is answered, and reached over IPv4 and IPv6')
    : bad(
        TOPIC,
        `an allowed name is not reached over ${['IPv4', 'IPv6'].filter((_, index) => !reached[index]).join(' and ')}`,
        'sallyport prove --json',
      )
}

function denialFinding(rcode: number | undefined): HostFinding {
  return rcode === NXDOMAIN
    ? good(TOPIC, 'a denied name is NXDOMAIN')
    : bad(TOPIC, `a denied name gets response code ${rcode}`, 'sallyport prove --json')
}

function figuresOf({ askMs, askAgainMs, connectMs }: Durations): Figures {
  return { roundTripMs: median(askMs), againMs: median(askAgainMs), firstConnectionMs: median(connectMs) }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}
