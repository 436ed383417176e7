// Sets of plain addresses in somebody else's tables, filled before the answer. Those tables come and go without asking us.

import type { ElementState, Nftables } from '../linux/nftables/nftables.ts'
import type { Probes } from '../linux/nftables/probe.ts'
import type { SetReader } from '../linux/nftables/set-reader.ts'
import { SET_FLAG } from '../linux/nftables/vocabulary.ts'
import { watchTable } from '../linux/nftables/watch.ts'
import { type Address, decodeAddress, type Family, familyOf } from '../net/address.ts'
import { ANY_PORTS } from '../net/port.ts'
import { parseComment } from './comment.ts'
import { compare, foundElement, putElement, removeElement, targetId } from './element.ts'
import type { FoundElement } from './firewall.ts'
import type { Change, Element, ElementSpec, Target } from './lease.ts'
import type { MirrorSet } from './options.ts'
import { encodeAddressKey } from './ruleset/key.ts'

/** Tells our elements from other people's in the same set. */
const COMMENT_PREFIX = 'sallyport:'
/** What is found in a set without timeouts is given the least lease. */
const FOUND_LEASE_MS = 120_000

export interface Mirror {
  readonly target: Target
  /** Why it cannot be filled, as last seen. */
  readonly problem: string | undefined
  /** Looks again whether and what the set is. */
  lookUp(): void
  specify(address: Address): readonly ElementSpec[]
  /** Our elements in it, a slice a step. */
  leftovers(reader: SetReader): Generator<readonly ElementSpec[]>
  /** Those of `specs` that are in it, and ours. */
  look(specs: readonly ElementSpec[], now: number): readonly FoundElement[]
  /** Makes our elements in it those of `elements` that are meant for it. Throws NetlinkError. */
  synchronise(elements: readonly Element[], now: number): void
  /** Makes the part of a change that is meant for it. Throws NetlinkError. */
  apply(change: Change, now: number): void
  /** Has anyone else changed its table? */
  poll(): boolean
  close(): void
}

interface Shape {
  readonly family: Family
  readonly timeouts: boolean
}

export function createMirror(nftables: Nftables, probes: Probes, mirror: MirrorSet): Mirror {
  const table = { family: mirror.family, name: mirror.table }
  const watch = watchTable(table, nftables.portId)
  let shape: Shape | string = 'not looked up'
  const target: Target = {
    id: targetId(table, mirror.set),
    table,
    set: mirror.set,
    get timeouts() {
      return typeof shape === 'object' && shape.timeouts
    },
    commentPrefix: COMMENT_PREFIX,
    encodeKey: ({ destination }) => encodeAddressKey(destination),
  }

  function lookUp(): void {
    shape = shapeOf(nftables, target)
  }

  function ours(): readonly ElementState[] {
    return nftables.elements(table, mirror.set).filter(isOurs)
  }

  function specify(address: Address): readonly ElementSpec[] {
    if (typeof shape === 'string' || familyOf(address) !== shape.family) return []
    return [{ target, lease: { client: undefined, destination: address, ports: ANY_PORTS } }]
  }

  function* leftovers(reader: SetReader): Generator<readonly ElementSpec[]> {
    if (typeof shape === 'string') return
    for (const states of reader.slices(table, mirror.set)) yield states.filter(isOurs).flatMap(specsOf)
  }

  function look(specs: readonly ElementSpec[], now: number): readonly FoundElement[] {
    const keys = specs.filter((spec) => spec.target === target).map(({ lease }) => target.encodeKey(lease))
    return nftables
      .lookUp(table, mirror.set, keys)
      .filter(isOurs)
      .flatMap((state) => specsOf(state).map((spec) => foundElement(spec, state, now + (state.expiresMs ?? FOUND_LEASE_MS))))
  }

  function specsOf({ key }: ElementState): readonly ElementSpec[] {
    return specify(decodeAddress(key, 0, key.length === 4 ? 4 : 6))
  }

  function synchronise(elements: readonly Element[], now: number): void {
    if (typeof shape === 'string') return
    const wanted = elements.filter((element) => element.spec.target === target)
    write(compare(target, wanted, ours(), now), now)
  }

  function write({ put, remove }: Change, now: number): void {
    if (typeof shape === 'string') return
    const transaction = nftables.begin()
    for (const element of remove) if (element.target === target) removeElement(transaction, probes, element)
    for (const element of put) if (element.spec.target === target) putElement(transaction, probes, element, now)
    nftables.commit(transaction)
  }

  return {
    target,
    get problem() {
      return typeof shape === 'string' ? shape : undefined
    },
    lookUp,
    specify,
    leftovers,
    look,
    synchronise,
    apply: write,
    poll: () => watch.poll().length > 0,
    close: () => watch.close(),
  }
}

function isOurs({ comment }: ElementState): boolean {
  return parseComment(comment, COMMENT_PREFIX) !== undefined
}

/** What kind of set it is, or why it cannot be filled. */
function shapeOf(nftables: Nftables, { table, set, id }: Target): Shape | string {
  const state = nftables.sets(table).find(({ name }) => name === set)
  if (state === undefined) return `mirror set ${id} does not exist: create it, or remove it from updater.mirror`
  if (state.flags & SET_FLAG.INTERVAL) return `mirror set ${id} is an interval set: leases with timeouts need a plain one`
  if (state.keyOctets !== 4 && state.keyOctets !== 16) return `mirror set ${id} is not a set of plain addresses`
  return { family: state.keyOctets === 4 ? 4 : 6, timeouts: (state.flags & SET_FLAG.TIMEOUT) !== 0 }
}
