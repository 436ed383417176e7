// What `sallyport status` says in words.

import type { ResolverStatus, UpdaterProcessStatus } from '../daemon/status.ts'
import type { Latency } from '../latency.ts'
import { formatTable } from '../report/table.ts'
import { formatProblem } from '../zones/parse.ts'
import { count } from './context.ts'

/** @param now wall clock, ms */
export function describeResolver(status: ResolverStatus, now: number): readonly string[] {
  const { pid, uid, uptimeSeconds, listening, policy, upstream } = status
  const waits = policy.waitingFor === undefined ? '' : `; ${policy.waitingFor} waits for the updater`
  return [
    `resolver: pid ${pid}, uid ${uid}, listening on ${listening.join(', ')}, for ${duration(uptimeSeconds)}`,
    `policy: revision ${policy.revision}, ${count(policy.entries, 'entry', 'entries')}${waits}`,
    ...describeReload(policy.reload, policy.reload.problems, policy.wasValid, now),
    ...(status.leases.connected ? [] : [`updater: not reached, so nothing new is opened${because(status.leases.lastError)}`]),
    describeQueries(status),
    ...upstream.servers.map(describeServer),
    ...describeJournal(status.journal),
  ]
}

function describeReload(
  { at, outcome }: Pick<ResolverStatus['policy']['reload'], 'at' | 'outcome'>,
  problems: readonly string[],
  wasValid: boolean,
  now: number,
): readonly string[] {
  const ago = `${duration((now - at) / 1000)} ago`
  const consequence = wasValid ? 'what was valid last stays in force' : 'none was valid since the start: every name is denied'
  const head = outcome === 'broken' ? `last reload failed ${ago}, ${consequence}:` : `last reload: ${ago}`
  return [head, ...problems.map((problem) => `  ${problem}`)]
}

function describeQueries({ counters, cache }: ResolverStatus): string {
  const { allowed, denied, audited, hits, misses, servfail, overBudget } = counters
  const share = hits + misses === 0 ? '' : `, ${Math.round((100 * hits) / (hits + misses))}% from the cache`
  return `queries: ${allowed} allowed${audited > 0 ? ` (${audited} by audit mode)` : ''}, ${denied} denied${overBudget > 0 ? `, ${overBudget} beyond the budget of a wildcard` : ''}, ${servfail} failed${share} (${cache.cachedAnswers} answers, ${Math.ceil(cache.octets / 1024)} KiB)`
}

function describeServer({
  server,
  suffix,
  asked,
  answered,
  timeouts,
  latency,
  forwardsToUs,
}: ResolverStatus['upstream']['servers'][number]): string {
  const scope = suffix === '' ? '' : ` for ${suffix}`
  const trouble = [...(timeouts > 0 ? [`${timeouts} timed out`] : []), ...(forwardsToUs ? ['forwards to us: left out'] : [])]
  return `upstream ${server}${scope}: ${[`${asked} asked`, `${answered} answered${mean(latency)}`, ...trouble].join(', ')}`
}

export function describeUpdater(status: UpdaterProcessStatus, now: number): readonly string[] {
  const { pid, uid, guard, enforced, table, reload, wasValid, uptimeSeconds } = status
  const state = enforced
    ? `enforced by table ${table}`
    : guard === 'none'
      ? 'nothing is enforced'
      : 'the kernel is out of step with the policy: mending'
  const broken = reload.outcome === 'broken' ? describeReload(reload, reload.problems.map(formatProblem), wasValid, now) : []
  return [
    `updater: pid ${pid}, uid ${uid}, guard ${guard}, ${state}, for ${duration(uptimeSeconds)}`,
    ...(status.obstacle === undefined ? [] : [`nothing can be opened: ${status.obstacle}`]),
    ...broken.map((line) => `  ${line}`),
    describeOpening(status),
    describeClients(status),
    ...describeEgress(status),
    ...describeJournal(status.journal),
    ...describeLeases(status),
  ]
}

function describeClients({ clients }: UpdaterProcessStatus): string {
  return `clients: ${clients.length}, ${clients.filter(({ from }) => from === 'call').length} of them joined at run time`
}

/** What a target sees; or why nothing gets there. */
function describeEgress({ egress }: UpdaterProcessStatus): readonly string[] {
  return egress.map(({ clients, family, address, problem }) =>
    problem === undefined
      ? `egress: ${clients} is seen as ${address}`
      : `egress: nothing of ${clients} leaves over IPv${family}: ${problem}`,
  )
}

/** What has not happened is left out, but for what people look for. */
function describeOpening({ counters, contacts }: UpdaterProcessStatus): string {
  const { opened, refused, commitFailures, commitLatency, revoked, displaced } = counters
  const troubles = [
    ...Object.entries(refused).map(([reason, times]) => [times, `refused for ${reason}`] as const),
    [commitFailures, 'transactions failed'] as const,
    [displaced, 'displaced by newer addresses of their names'] as const,
  ]
  return [
    `opened: ${opened} times${mean(commitLatency)}`,
    ...troubles.filter(([times]) => times > 0).map(([times, what]) => `${times} ${what}`),
    `${revoked} revoked`,
    `${count(contacts.deny.connections, 'attempt', 'attempts')} to go elsewhere`,
  ].join('; ')
}

function describeLeases({ leases, leasesListable, leaseCount, mostLeases }: UpdaterProcessStatus): readonly string[] {
  const head = `leases: ${leaseCount} of at most ${mostLeases}`
  if (leases.length === 0) return [head]
  const rows = leases.map(({ client, name, address, ports, remainingSeconds, packets }) => [
    `  ${client}`,
    name,
    address,
    ports.join(' '),
    `${remainingSeconds} s`,
    packets === null ? 'unknown' : `${packets}`,
  ])
  const hidden = leasesListable - leases.length
  const rest = hidden > 0 ? [`  ${hidden} more: --all, or --client NAME`] : []
  return [head, ...formatTable([['  client', 'name', 'address', 'ports', 'left', 'packets'], ...rows], new Set([4, 5])), ...rest]
}

function describeJournal({ records, lost, failure }: ResolverStatus['journal']): readonly string[] {
  if (failure !== null) return [`decision log: cannot be written: ${failure}; ${lost} records lost`]
  return lost > 0 ? [`decision log: ${records} records, ${lost} lost`] : []
}

function because(reason: string | undefined): string {
  return reason === undefined ? '' : `: ${reason}`
}

function mean({ counts, seconds }: Latency): string {
  const number = counts.reduce((sum, one) => sum + one, 0)
  return number === 0 ? '' : ` in ${((1000 * seconds) / number).toFixed(1)} ms on average`
}

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.max(0, Math.floor(seconds))} s`
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`
}
