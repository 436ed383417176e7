import { showName } from '../dns/name.ts'
import { typeName } from '../dns/vocabulary.ts'
import type { Journal } from '../journal/writer.ts'
import type { Logger } from '../log.ts'
import type { BudgetLimits } from '../resolver/budget.ts'
import type { Observer } from '../resolver/ports.ts'
import type { Upstream } from '../upstream/upstream.ts'

/** Writes what the resolver notices to the log; and sees our own loop probes, which no policy allows, come back. */
export function createObserver(log: Logger, upstream: Upstream, journal: Pick<Journal, 'write'>, budget: BudgetLimits): Observer {
  return {
    onDenied(client, name, type, verdict) {
      if (upstream.isLoopProbe(name)) return
      const fields = { client: client.id, name: showName(name), type: typeName(type) }
      if (verdict.kind === 'deny') log.info({ ...fields, reason: verdict.reason }, 'denied')
      else log.info({ ...fields, reason: verdict.audited?.reason }, 'would be denied (audit)')
    },
    onScreened(name, address, reason) {
      const fields = { name: showName(name), address, reason }
      log.warn(fields, 'address is not opened and was taken out of an answer')
      journal.write({ event: 'screened', ...fields })
    },
    onOverspent({ client, apex, names, octets }) {
      const fields = { client: client.id, wildcard: `*.${apex}`, names, octets, enforced: budget.enforce }
      log.warn(fields, `the budget below a wildcard is spent for this hour${budget.enforce ? ': what is beyond is denied' : ''}`)
      journal.write({ event: 'budget', ...fields })
    },
    onForwardFailure: (question, error) =>
      log.warn({ name: showName(question.name), type: typeName(question.type), error: error.message }, 'no usable answer from upstream'),
  }
}
