// In use means open: what flows pass by outlasts its lease, and its names are asked again, so that a rotation cuts nobody off.

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { NameInUse } from '../leases/protocol.ts'
import { NetlinkError, SystemError } from '../linux/error.ts'
import type { Logger } from '../log.ts'
import { familyOf } from '../net/address.ts'
import type { Policy } from '../policy/policy.ts'
import { createComplaints } from './complaint.ts'
import { countCrowds } from './crowd.ts'
import type { Enforcer } from './enforcement.ts'
import type { FlowWatch } from './flow-watch.ts'
import type { ElementSpec, Grant, Opening } from './lease.ts'
import type { UseSettings } from './options.ts'
import { slicesOf } from './slices.ts'

export interface UseOptions extends UseSettings {
  readonly watch: FlowWatch
  readonly enforcer: Pick<Enforcer, 'book' | 'counters' | 'extend' | 'forgetLapsed'>
  /** Beyond so many the rules let no flow of a client begin; 0: there is no such rule. */
  readonly flowsPerClient: number
  policy(): Policy
  readonly leaseClock: () => number
  readonly log: Logger
  /** DNS should be asked for these again. */
  ask(names: readonly NameInUse[]): void
}

export interface UseKeeper {
  /** Looks now; what is told by flows is of this moment afterwards. Never rejects: what fails is logged. */
  look(): Promise<void>
  close(): Promise<void>
}

const GRANTS_A_TURN = 512
/** Given on top, so that what is in steady use is written once a minute and not at every look. */
const SPARE = 0.1
/** Of one client and of all, at one look; the others' turn comes at the next. */
const MOST_ASKED = { ofClient: 256, ofAll: 4096 }

/** Looks at all flows every `surveySeconds`, in slices between which requests are served. */
export function keepOpenInUse(options: UseOptions): UseKeeper {
  const { watch, enforcer, leaseClock, log, surveySeconds, flowsPerClient } = options
  const complain = createComplaints(log, leaseClock)
  const specsOf = (grant: Grant): readonly ElementSpec[] => enforcer.book.specsOf(grant)
  let running: Promise<void> | undefined
  let isClosed = false

  async function survey(): Promise<void> {
    watch.begin()
    while (watch.read()) await turn()
    enforcer.forgetLapsed(watch.destinations)
    tellCrowds()
    const due = createDueNames()
    for (const grants of slicesOf(enforcer.book.grants(), GRANTS_A_TURN)) {
      const used = grants.filter((grant) => watch.destinations.has(grant.address) && specsOf(grant).some(({ lease }) => watch.uses(lease)))
      const now = leaseClock()
      enforcer.extend(used.flatMap((grant) => extensionOf(grant, specsOf(grant), now, options)))
      for (const grant of used) if (grant.freshUntil < now + surveySeconds * 1000) due.add(grant)
      await turn()
    }
    if (due.names.length > 0) options.ask(due.names)
  }

  function tellCrowds(): void {
    if (flowsPerClient === 0) return
    for (const [client, flows] of countCrowds(watch.sources, options.policy())) {
      if (flows < flowsPerClient) continue
      enforcer.counters.crowds++
      complain(client, { client, flows }, 'a client has as many flows as it may: no more begin until some end')
    }
  }

  async function turn(): Promise<void> {
    await nextTurn()
    if (isClosed) throw new ClosedError()
  }

  function look(): Promise<void> {
    running ??= survey()
      .catch(explain)
      .finally(() => {
        running = undefined
      })
    return running
  }

  function explain(error: unknown): void {
    if (error instanceof ClosedError) return
    if (!(error instanceof NetlinkError || error instanceof SystemError)) throw error
    log.warn({ reason: error.message }, 'cannot look at flows: what is in use is not kept open')
  }

  const timer = setInterval(look, surveySeconds * 1000)
  return {
    look,
    close: async () => {
      isClosed = true
      clearInterval(timer)
      await running
      watch.close()
    },
  }
}

class ClosedError extends Error {}

/** What use adds to a grant: time for coming back after the last packet or the TTL, as long as DNS's word is taken. */
function extensionOf(grant: Grant, specs: readonly ElementSpec[], now: number, { reconnectSeconds }: UseSettings): readonly Opening[] {
  const windowMs = reconnectSeconds * 1000
  const wanted = Math.max(now, grant.freshUntil) + windowMs
  const until = Math.min(wanted + SPARE * windowMs, grant.confirmedUntil)
  if (grant.until >= wanted || until <= grant.until) return []
  return [{ ...grant, until, specs }]
}

function createDueNames() {
  const names = new Map<string, NameInUse>()
  const counts = new Map<string, number>()

  function add({ source, name, address }: Grant): void {
    const key = `${source} ${name} ${familyOf(address)}`
    const count = counts.get(source) ?? 0
    if (count >= MOST_ASKED.ofClient || names.size >= MOST_ASKED.ofAll || names.has(key)) return
    counts.set(source, count + 1)
    names.set(key, { client: source, name, family: familyOf(address) })
  }

  return {
    add,
    get names() {
      return [...names.values()]
    },
  }
}
