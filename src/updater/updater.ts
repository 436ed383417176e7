// The privileged process, assembled: zone files → rulebook → enforcer → firewall, and the resolver's requests through the channel.

import { encodeGeneration, encodeInUse, encodeRevision } from '../leases/protocol.ts'
import { countPackets } from '../linux/accounting.ts'
import { knowsFlows, openConntrack, openFlowDump } from '../linux/conntrack.ts'
import { watchEndedFlows } from '../linux/ended-flows.ts'
import { NetlinkError } from '../linux/error.ts'
import { watchRoutes } from '../linux/route.ts'
import { listRoutes } from '../linux/route-table.ts'
import type { Logger } from '../log.ts'
import type { Address } from '../net/address.ts'
import { hasInterfaces } from '../net/place.ts'
import type { Prefix } from '../net/prefix.ts'
import { NOTHING } from '../zones/changed.ts'
import { type Channel, openChannel } from './channel.ts'
import { leaseClock, wallClock } from './clock.ts'
import { createComplaints } from './complaint.ts'
import { type Contacting, type ContactLook, forgetContacts, readContacts } from './contact.ts'
import { MOST_RECORDS } from './describe.ts'
import type { Enforcer } from './enforcement.ts'
import { createEnforcer, TICK_MS } from './enforcer.ts'
import { createFarewell } from './farewell.ts'
import { figuresOf } from './figures.ts'
import type { Firewall } from './firewall.ts'
import { createFlowWatch } from './flow-watch.ts'
import { type LeaseFilter, type LeaseList, listLeases, type OpenedBy, openersOf } from './lease-list.ts'
import { createMembership, type Membership } from './membership.ts'
import { noteChanges } from './noted.ts'
import type { FirewallOptions, UpdaterOptions } from './options.ts'
import { openRoster } from './roster.ts'
import { openRulebook, type RulesInForce } from './rulebook.ts'
import { BEGUN_MARK } from './ruleset/common.ts'
import type { Recorded } from './ruleset/record.ts'
import type { RecordKind } from './ruleset/sets.ts'
import { checkAlone } from './socket.ts'
import { adopt, checkOptions, openFirewall } from './start.ts'
import { type StatusSources, statusOf, type UpdaterStatus } from './status.ts'
import { keepOpenInUse, type UseKeeper, type UseOptions } from './use.ts'
import { createVolumes, type Volumes } from './volumes.ts'

export type { Contact, ContactLook } from './contact.ts'
export type { LeaseFilter, LeaseStatus, OpenedBy } from './lease-list.ts'
export type { Member, Membership } from './membership.ts'
export type { Caller, ChangePorts, FirewallChange, MemberChange } from './noted.ts'
export type { FirewallOptions, LeaseLimits, MirrorSet, UpdaterOptions } from './options.ts'
export { RosterError } from './roster.ts'
export { UpdaterStartError } from './start-error.ts'
export type { UpdaterStatus } from './status.ts'

export interface Updater {
  /** Of the policy in force. */
  readonly revision: string
  status(): UpdaterStatus
  leases(filter: LeaseFilter): LeaseList
  /** The names that have an address open. */
  why(address: Address): readonly OpenedBy[]
  /** What was contacted, and what was refused, as far as the kernel remembers; volumes as of the latest look at flows. Rejects with NetlinkError. */
  contacts(): Promise<ContactLook>
  /** Looks at all flows now. */
  lookAtFlows(): Promise<void>
  /** What the rules have recorded lately. */
  records(kind: RecordKind): readonly Recorded[]
  /** Who joins and leaves at run time. */
  readonly clients: Membership
  /** Looks at the zone files again; the outcome is in the status. */
  reload(): Promise<void>
  /** Lets go of socket and zone files. Table, leases and routing stay as they are. */
  close(): Promise<void>
}

const LEAST_CATCH_UP_MS = 100
/**
 * A resolver reads the same files at the same time and is ready as soon as we are, or moments later. One that is not delays what is taken
 * back, and that is to be closed within a second of the change.
 */
const READY_PATIENCE_MS = 400

/**
 * Takes over or builds the table, then listens. All that needs more than CAP_NET_ADMIN happens before it resolves.
 * Throws UpdaterStartError, whose message says how to mend it.
 */
export async function startUpdater(options: UpdaterOptions): Promise<Updater> {
  checkOptions(options)
  await checkAlone(options.socketPath)
  const closers: Closer[] = []
  try {
    return await assemble(options, closers)
  } catch (error) {
    await closeAll(closers)
    throw error
  }
}

type Closer = () => void | Promise<void>

async function assemble(options: UpdaterOptions, closers: Closer[]): Promise<Updater> {
  const { log, limits, firewall: settings } = options
  const opened = openFirewall(options)
  const firewall = options.changes === undefined ? opened : noteChanges(opened, options.changes)
  closers.push(() => firewall.close())
  const conntrack = settings.backend === 'memory' ? undefined : openConntrack()
  closers.push(() => conntrack?.close())
  const routes = watchRoutes()
  closers.push(() => routes.close())
  const roster = await openRoster(options.joined, options.settings, listRoutes)
  let channel: Channel | undefined
  // Nothing may be awaited between this and the enforcer: from here on zone files change, and the enforcer hears of it.
  const rulebook = await openRulebook({ ...options, wallClock, prepare, onChange: () => announceRules() })
  closers.push(() => rulebook.close())

  const rules = () => rulebook.inForce
  const revision = () => rules().policy.revision
  const tell = (line: string) => channel?.broadcast(line)
  const onGeneration = (generation: number) => tell(encodeGeneration(generation))
  const farewell = createFarewell({ now: leaseClock, drop })
  closers.push(farewell.close)
  const enforcer = createEnforcer({
    firewall,
    conntrack,
    flowMark: flowMark(settings),
    limits,
    log,
    wallClock,
    leaseClock,
    rules,
    areFilesBroken: () => rulebook.reload.outcome === 'broken',
    onGeneration,
    onLeaving: farewell.begin,
    onLeft,
  })
  closers.push(enforcer.close)
  let catchingUp: NodeJS.Timeout | undefined
  let wanted: string | undefined

  function sources(): StatusSources {
    return { firewall, settings, limits, rulebook, enforcer, connections: channel?.connections ?? 0 }
  }

  /** What is opened while we wait is judged before the change as well. */
  async function prepare(next: RulesInForce): Promise<void> {
    await channel?.untilReady(next.policy.revision, READY_PATIENCE_MS)
    await enforcer.prepare(next)
  }

  function onLeft(prefixes: readonly Prefix[]): void {
    // What their last flows carried is theirs too.
    volumes?.poll()
    farewell.end(prefixes)
  }

  /** What the kernel does not take is tried again after the next look. */
  function drop(contacts: readonly Contacting[]): boolean {
    try {
      forgetContacts(firewall, volumes, contacts)
      return true
    } catch (error) {
      if (!(error instanceof NetlinkError)) throw error
      log.warn({ reason: error.message }, 'cannot forget what clients have done that are gone: trying again')
      return false
    }
  }

  /** In the kernel first; whoever hears of a revision may rely on it. */
  function announceRules(): void {
    enforcer.enforce()
    log.info({ revision: revision(), rules: rules().policy.ruleCount }, 'the policy in force has changed')
    tell(encodeRevision(revision()))
  }

  /** A resolver may be ready for whatever it likes; the zone files are read for it ten times a second at most. */
  function catchUpSoon(revision: string): void {
    wanted = revision
    catchingUp ??= setTimeout(() => {
      catchingUp = undefined
      void rulebook.catchUp(wanted!)
    }, LEAST_CATCH_UP_MS)
  }

  /** Interfaces come and go, and with their routes the addresses of clients that are known by them. */
  function tick(): void {
    enforcer.tick()
    volumes?.poll()
    if (enforcer.isCrowded) void keeper?.look()
    if (routes.poll() && rules().policy.clients.some(hasInterfaces)) void rulebook.refresh(NOTHING)
  }

  const hadFlows = knowsFlows()
  adopt(enforcer, options)
  warnOfObstacle(firewall, log)
  const volumes = openVolumes(options, enforcer)
  closers.push(() => volumes?.close())
  const ticker = setInterval(tick, TICK_MS)
  closers.push(() => clearInterval(ticker))
  const keeper = watchUse(
    options,
    enforcer,
    () => rules().policy,
    volumes,
    (names) => tell(encodeInUse(names)),
  )
  closers.push(() => keeper?.close())
  // From here on flows are counted. To look at them takes as long as to write the table (bench/start).
  if (hadFlows) await keeper?.look()
  else volumes?.countAll()
  channel = await openChannel({
    path: options.socketPath,
    peerUid: options.peerUid ?? process.getuid!(),
    log,
    revision,
    generation: () => enforcer.generation,
    open: enforcer.open,
    onReady: catchUpSoon,
    figures: () => ({ ...figuresOf(sources()), ...options.figures?.() }),
    onRejected: () => enforcer.counters.rejectedPeers++,
  })
  closers.push(
    () => channel?.close(),
    () => clearTimeout(catchingUp),
  )

  return {
    get revision() {
      return revision()
    },
    status: () => statusOf(sources()),
    leases: (filter) => listLeases(enforcer.book, filter, leaseClock()),
    why: (address) => openersOf(enforcer.book, address, leaseClock(), wallClock()),
    contacts: () => {
      volumes?.poll()
      return readContacts({
        ...{ firewall, farewell, volumes: volumes?.all(), policy: () => rules().policy, wall: wallClock, now: leaseClock },
        ...{ grants: () => enforcer.book.grants(), former: enforcer.former.holders },
      })
    },
    lookAtFlows: async () => keeper?.look(),
    records: (kind) => [...firewall.records(kind)].flat(),
    clients: createMembership({ roster, rulebook, enforcer, channel, log, onMember: (change) => options.changes?.onMember(change) }),
    reload: () => rulebook.refresh(),
    close: () => closeAll(closers),
  }
}

/** What flows carry that our rules let begin; without rules of ours, nothing. */
function flowMark({ guard }: Pick<FirewallOptions, 'guard'>): number {
  return guard === 'none' ? 0 : BEGUN_MARK
}

/** Undefined: without a guard no flow is ours; where the kernel does not count, volumes are unknown. */
function openVolumes({ firewall: { guard, mirror }, log }: UpdaterOptions, { counters }: Enforcer): Volumes | undefined {
  if (guard === 'none' && mirror.length === 0) return undefined
  if (!countPackets()) {
    log.warn(
      'net.netfilter.nf_conntrack_acct is off and cannot be set here: what flows carry is unknown, and use is told by their timeouts alone; set it to 1 on the host or for the container',
    )
    return undefined
  }
  if (guard === 'none') return undefined
  const complain = createComplaints(log, leaseClock)
  const onMissed = () => {
    counters.missedEnds++
    complain('missed', {}, 'too many flows ended at once: what some of them carried last is not counted')
  }
  const ended = watchEndedFlows(flowMark({ guard }))
  return createVolumes({ ended, byClient: guard === 'forward', most: 2 * MOST_RECORDS, now: leaseClock, onMissed })
}

/** Undefined: without a guard and sets to fill there is nothing to keep open. */
function watchUse(
  options: UpdaterOptions,
  enforcer: Enforcer,
  policy: UseOptions['policy'],
  volumes: Volumes | undefined,
  ask: UseOptions['ask'],
): UseKeeper | undefined {
  const { firewall, limits, use, log } = options
  const { guard, mirror } = firewall
  if (guard === 'none' && mirror.length === 0) return undefined
  const watch = createFlowWatch(openFlowDump(flowMark({ guard })), guard === 'forward', leaseClock, volumes)
  const flowsPerClient = guard === 'forward' ? limits.flowsPerClient : 0
  return keepOpenInUse({ ...use, watch, enforcer, flowsPerClient, policy, leaseClock, log, ask })
}

function warnOfObstacle(firewall: Firewall, log: Logger): void {
  const obstacle = firewall.obstacle()
  if (obstacle !== undefined) log.warn({ obstacle }, 'no name can be opened for now')
}

/** Last opened, first closed. */
async function closeAll(closers: readonly Closer[]): Promise<void> {
  for (const close of closers.toReversed()) await close()
}
