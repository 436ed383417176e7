// What has been closed and whose flows have still to end: refused by the rules at once, and looked for in the background, a few milliseconds
// at a time, however many flows there are.

import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import type { Conntrack, Flow } from '../linux/conntrack.ts'
import { NetlinkError, SystemError } from '../linux/error.ts'
import type { Logger } from '../log.ts'
import { type Address, parseAddress } from '../net/address.ts'
import type { Prefix } from '../net/prefix.ts'
import type { Policy } from '../policy/policy.ts'
import { vanishedPrefixes } from './departure.ts'
import { type Passage, passagesOf, passesUnnamed, vanishedPassages } from './flows.ts'
import type { ElementSpec } from './lease.ts'
import { createEnding, isEmpty, type Pursuit, placesOf } from './pursuit.ts'
import type { EgressRange, Pair } from './ruleset/description.ts'
import { MOST_REVOKED } from './ruleset/sets.ts'

export interface RevokerPorts {
  /** Undefined where nothing is enforced. */
  readonly conntrack: Conntrack | undefined
  /** Of the flows that our rules let begin. */
  readonly mark: number
  readonly log: Logger
  readonly wallClock: () => number
  policy(): Policy
  /** By which source address who leaves, as the kernel has it. */
  egress(): readonly EgressRange[]
  /** Is something open that lets the flow through? */
  isOpen(flow: Flow): boolean
  /** May flows there go on whose lease has ended? */
  hasLapsed(pair: Pair): boolean
  onEnded(flows: number): void
  /** Clients have lost these prefixes, which the policy of before knows. */
  onLeaving(prefixes: readonly Prefix[], before: Policy): void
  /** The flows of the same prefixes have ended. */
  onLeft(prefixes: readonly Prefix[]): void
  /** All flows of what was closed have ended: nothing need be judged anew. */
  onSettled(): void
}

export interface Revoker {
  /** To be judged anew by the rules until all flows have been looked at. */
  readonly revoked: readonly Pair[]
  /** These elements are gone for good, by the policy's will. */
  add(specs: readonly ElementSpec[]): void
  /**
   * The kernel has closed what was added: ends its flows in the background, and those of static entries that have gone since the last
   * call. Clients that have gone lose all of theirs, and who leaves by another address than before begins anew.
   */
  pursue(): void
  /** Resolves when all flows have been looked at, or cannot be at present. */
  settled(): Promise<void>
  close(): Promise<void>
}

/** Whoever waits for an address to be opened waits so long for this too. */
const SLICE_MS = 3
const RETRY_MS = 1_000
const GRACE_MS = 1_000
const NAMESPACE = parseAddress('127.0.0.1')!

export function createRevoker(ports: RevokerPorts): Revoker {
  const { conntrack, mark, log, wallClock } = ports
  let passages: readonly Passage[] = []
  let known: Policy | undefined
  let leaving = ''
  let added: ElementSpec[] = []
  let waiting: Pursuit[] = []
  let underWay: readonly Pursuit[] = []
  let running: Promise<void> | undefined
  let settling: NodeJS.Timeout | undefined
  let isClosed = false

  function add(specs: readonly ElementSpec[]): void {
    if (conntrack !== undefined) added = added.concat(specs)
  }

  function* revokedPairs(): Generator<Pair> {
    const seen = new Set<string>()
    const { guard } = ports.policy()
    for (const { lease } of [...added, ...[...underWay, ...waiting].flatMap(({ specs }) => specs)]) {
      const { client, destination } = lease
      // The rules judge flows by their client, whom other people's sets do not tell; ours do.
      if (client === undefined && guard === 'forward') continue
      const text = `${client} ${destination}`
      if (seen.has(text) || ports.hasLapsed(lease) || isAudited(client)) continue
      seen.add(text)
      yield { client, destination }
    }
  }

  /** What audit mode lets through is told by the packets of the client alone. */
  function isAudited(client: Address | undefined): boolean {
    return ports.policy().clientAt(client ?? NAMESPACE).view.audit
  }

  function pursue(): void {
    const policy = ports.policy()
    const before = { passages, policy: known }
    passages = passagesOf(policy, wallClock())
    known = policy
    const pursuit = {
      specs: added,
      passages: vanishedPassages(before.passages, passages),
      departed: vanishedPrefixes(before.policy?.clients ?? [], policy.clients),
      egress: changedEgress(),
    }
    added = []
    if (conntrack === undefined || isEmpty(pursuit)) return
    if (before.policy !== undefined && pursuit.departed.length > 0) ports.onLeaving(pursuit.departed, before.policy)
    waiting.push(pursuit)
    running ??= run(conntrack).finally(() => {
      running = undefined
    })
  }

  /** Those of now, if they are others than at the last call. */
  function changedEgress(): readonly EgressRange[] {
    const ranges = ports.egress()
    const text = ranges.map(({ first, last, address }) => `${first}-${last} ${address}`).join()
    if (text === leaving) return []
    leaving = text
    return ranges
  }

  async function run(flows: Conntrack): Promise<void> {
    clearTimeout(settling)
    // Whoever waits for the news of what is closed hears it first.
    await nextTurn()
    while (waiting.length > 0 && !isClosed) {
      underWay = waiting
      waiting = []
      try {
        for (const pursuit of underWay) {
          await endFlows(flows, pursuit)
          if (pursuit.departed.length > 0) ports.onLeft(pursuit.departed)
        }
      } catch (error) {
        if (!(error instanceof NetlinkError || error instanceof SystemError)) throw error
        log.error({ reason: error.message }, 'cannot end the flows of what was revoked: trying again')
        waiting = [...underWay, ...waiting]
        retryLater(flows)
        return
      } finally {
        underWay = []
      }
    }
    settleLater()
  }

  /** What was judged before may still be on its way through the kernel, and make a flow of itself. */
  function settleLater(): void {
    settling = setTimeout(() => {
      if (!isClosed && added.length === 0) ports.onSettled()
    }, GRACE_MS).unref()
  }

  function retryLater(flows: Conntrack): void {
    void pause(RETRY_MS, undefined, { ref: false }).then(() => {
      running ??= run(flows).finally(() => {
        running = undefined
      })
    })
  }

  async function endFlows(flows: Conntrack, pursuit: Pursuit): Promise<void> {
    const isEnded = createEnding(pursuit, mayGoOn)
    for (const where of placesOf(pursuit, mark)) {
      let sliceEnd = performance.now() + SLICE_MS
      for (const ended of flows.forget(where, isEnded)) {
        ports.onEnded(ended)
        if (performance.now() < sliceEnd) continue
        await nextTurn()
        if (isClosed) return
        sliceEnd = performance.now() + SLICE_MS
      }
    }
  }

  /** By what is in force at this moment: it may be open again. */
  function mayGoOn(flow: Flow): boolean {
    return ports.isOpen(flow) || passesUnnamed(ports.policy(), passages, flow, wallClock())
  }

  return {
    get revoked() {
      return [...revokedPairs().take(MOST_REVOKED)]
    },
    add,
    pursue,
    settled: async () => running,
    close: async () => {
      isClosed = true
      await running
    },
  }
}
