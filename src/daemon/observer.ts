import { showName } from '../dns/name.ts'
import { typeName } from '../dns/vocabulary.ts'
import type { Journal } from '../journal/writer.ts'
import type { Logger } from '../log.ts'
import type { BudgetLimits } from '../resolver/budget.ts'
import type { Observer } from '../resolver/ports.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { type Allowance, createAllowance } from './allowance.ts'

export interface ObserverOptions {
  readonly log: Logger
  readonly upstream: Pick<Upstream, 'isLoopProbe'>
  readonly journal: Pick<Journal, 'write'>
  readonly budget: BudgetLimits
  /** Milliseconds that never step. */
  now(): number
}

/** No client is called so. */
const UPSTREAM = '(upstream)'

export interface LoggingObserver extends Observer {
  /** Tells of what was left out. */
  close(): void
}

/** Writes what the resolver notices to the log; and sees our own loop probes, which no policy allows, come back. */
export function createObserver({ log, upstream, journal, budget, now }: ObserverOptions): LoggingObserver {
  const lines = createAllowance({ now, onLeftOut: tellLeftOut })
  // Of its own: it has a record, and names that are denied, which cost whoever asks for them nothing, are not to keep it from being written.
  const screened = createAllowance({
    now,
    onLeftOut(client, records) {
      tellLeftOut(client, records)
      journal.write({ event: 'unrecorded', client, screened: records })
    },
  })

  function tellLeftOut(client: string, left: number): void {
    log.warn({ client, lines: left }, 'was too much to be logged one by one')
  }

  function within(allowance: Allowance, whose: string, write: () => void): void {
    const outcome = allowance.take(whose)
    if (outcome === 'granted') write()
    if (outcome === 'spent')
      log.warn({ client: whose }, 'this is too much to be logged one by one: until the minute is over the rest is not')
  }

  return {
    onDenied(client, name, type, verdict) {
      if (upstream.isLoopProbe(name)) return
      const fields = { client: client.id, name: showName(name), type: typeName(type) }
      within(lines, client.payer, () => {
        if (verdict.kind === 'deny') log.info({ ...fields, reason: verdict.reason }, 'denied')
        else log.info({ ...fields, reason: verdict.audited?.reason }, 'would be denied (audit)')
      })
    },
    onScreened({ payer }, name, address, reason) {
      const fields = { name: showName(name), address, reason }
      within(screened, payer, () => {
        log.warn(fields, 'address is not opened and was taken out of an answer')
        journal.write({ event: 'screened', ...fields })
      })
    },
    onOverspent({ client, apex, names, octets }) {
      const fields = { client: client.id, wildcard: `*.${apex}`, names, octets, enforced: budget.enforce }
      log.warn(fields, `the budget below a wildcard is spent for this hour${budget.enforce ? ': what is beyond is denied' : ''}`)
      journal.write({ event: 'budget', ...fields })
    },
    onForwardFailure({ name, type }, error) {
      const fields = { name: showName(name), type: typeName(type), error: error.message }
      within(lines, UPSTREAM, () => log.warn(fields, 'no usable answer from upstream'))
    },
    close() {
      lines.close()
      screened.close()
    },
  }
}
