// Clients that have gone, until what is recorded of them has been told once more as theirs and is forgotten. Nobody reads all records for
// that alone, which takes half a second where their sets are full: whoever leaves waits for the next look, and one look serves all.

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Address } from '../net/address.ts'
import type { Prefix } from '../net/prefix.ts'
import { buildPrefixTable, groupsAround } from '../net/prefix-table.ts'
import type { Policy } from '../policy/policy.ts'
import { RECORD_TIMEOUT_MS } from './ruleset/sets.ts'

/** What a client was seen to do. */
export interface Seen {
  /** Undefined: what the namespace did. */
  readonly client: Address | undefined
  /** Last, on the clock of the farewell. */
  readonly seenAt: number
}

export interface Farewell<Flow extends Seen> {
  /** Clients have lost these prefixes just now; `before` is the policy that knows them. */
  begin(prefixes: readonly Prefix[], before: Policy): void
  /** Their flows have ended too: what is seen from now on is somebody else's. */
  end(prefixes: readonly Prefix[]): void
  /** To be called before the records are read: of whoever has gone by then all is told by it. */
  look(): Look<Flow>
  /** Resolves when what it is forgetting is forgotten. */
  close(): Promise<void>
}

export interface Look<Flow> {
  /** All of `flows` that are still to be told, each with the policy that says whose it is. To be gone through to its end. */
  assign(flows: Iterable<Flow>, policy: Policy): Iterable<readonly [Flow, Policy]>
  /** All that was assigned has been told: takes out of the records what is of clients whose flows had ended. */
  forget(): Promise<void>
}

export interface FarewellPorts<Flow> {
  readonly now: () => number
  /** Takes these out of the records. False: the kernel does not let us now. */
  drop(flows: readonly Flow[]): boolean
}

interface Leaver {
  readonly prefixes: readonly Prefix[]
  readonly names: ReadonlySet<string>
  readonly before: Policy
  endedAt: number
  /** What it did is in the records perhaps, and told no more. */
  isTold: boolean
}

/** The kernel tells when it saw what to a jiffy, of 10 ms at most (CONFIG_HZ_100). */
const JIFFY_MS = 10
/** Takes a millisecond or so. */
const DROPPED_AT_ONCE = 128

export function createFarewell<Flow extends Seen>({ now, drop }: FarewellPorts<Flow>): Farewell<Flow> {
  let leavers: readonly Leaver[] = []
  let forgetting: Promise<void> | undefined

  function begin(prefixes: readonly Prefix[], before: Policy): void {
    const lost = new Set(prefixes)
    const names = before.clients.filter((entry) => entry.prefixes.some((prefix) => lost.has(prefix))).map(({ name }) => name)
    leavers = [
      ...leavers.filter(isRemembered),
      { prefixes, names: new Set(names), before, endedAt: Number.POSITIVE_INFINITY, isTold: false },
    ]
  }

  /** The kernel remembers no longer itself. */
  function isRemembered({ endedAt }: Leaver): boolean {
    return endedAt > now() - RECORD_TIMEOUT_MS
  }

  function end(prefixes: readonly Prefix[]): void {
    for (const leaver of leavers) if (leaver.prefixes === prefixes) leaver.endedAt = now() + JIFFY_MS
  }

  function look(): Look<Flow> {
    const gone = new Set(leavers.filter(hasEnded))
    const found: Flow[] = []

    function* assign(flows: Iterable<Flow>, policy: Policy): Iterable<readonly [Flow, Policy]> {
      const leaverOf = createLookup(leavers)
      for (const flow of flows) {
        const leaver = flow.client === undefined ? undefined : leaverOf(flow.client, flow.seenAt)
        if (leaver === undefined) yield [flow, policy]
        else {
          if (gone.has(leaver)) found.push(flow)
          if (!leaver.isTold) yield [flow, leaver.before]
        }
      }
    }

    return { assign, forget: () => forget(gone, found) }
  }

  function forget(gone: ReadonlySet<Leaver>, flows: readonly Flow[]): Promise<void> {
    forgetting ??= forgetFlows(gone, flows).finally(() => {
      forgetting = undefined
    })
    return forgetting
  }

  async function forgetFlows(gone: ReadonlySet<Leaver>, flows: readonly Flow[]): Promise<void> {
    for (const leaver of gone) leaver.isTold = true
    for (let first = 0; first < flows.length; first += DROPPED_AT_ONCE) {
      await nextTurn()
      if (!drop(flows.slice(first, first + DROPPED_AT_ONCE))) return
    }
    leavers = leavers.filter((leaver) => !gone.has(leaver))
  }

  return { begin, end, look, close: async () => forgetting }
}

function hasEnded({ endedAt }: Leaver): boolean {
  return endedAt !== Number.POSITIVE_INFINITY
}

/** Of several that had an address one after the other, the first that still had it then. */
function createLookup(leavers: readonly Leaver[]): (client: Address, seenAt: number) => Leaver | undefined {
  const places = leavers.flatMap((leaver) => leaver.prefixes.map((prefix) => ({ leaver, prefix })))
  const table = buildPrefixTable(places, ({ prefix }) => prefix)
  return (client, seenAt) => {
    const around = groupsAround(table, client).flat()
    // Around an address may be the prefix of one that has gone, and nearer the one of somebody who stays.
    return around.find(({ leaver }) => seenAt <= leaver.endedAt && leaver.names.has(leaver.before.clientAt(client).id))?.leaver
  }
}
