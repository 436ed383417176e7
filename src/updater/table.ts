// Our own table: rules from ruleset/, elements from the book.
import { flushSet } from '../linux/nftables/message.ts'
import type { ElementState, Nftables } from '../linux/nftables/nftables.ts'
import type { Probes } from '../linux/nftables/probe.ts'
import type { SetReader } from '../linux/nftables/set-reader.ts'
import { type Address, type Family, familyOf } from '../net/address.ts'
import { type Access, ANY_PORTS, ECHO, type PortRange } from '../net/port.ts'
import type { Client } from '../policy/client.ts'
import type { GuardOptions } from './describe.ts'
import { compare, foundElement, newElement, putElement, removeElement, targetId, writeOf } from './element.ts'
import type { FoundElement } from './firewall.ts'
import type { Change, Element, ElementSpec, Target } from './lease.ts'
import {
  buildRuleset,
  claim,
  isAdoptable,
  isOurs,
  type LeaseElement,
  type PresentTable,
  readPresent,
  refreshRuleset,
  staleSets,
} from './ruleset/build.ts'
import type { RulesetDescription } from './ruleset/description.ts'
import {
  decodeLeaseKey,
  decodePairKey,
  encodeLeaseKey,
  encodePairKey,
  isLearnedSet,
  isSinglePort,
  learnedSetName,
  rangeOfSet,
} from './ruleset/key.ts'
import type { RecordKey } from './ruleset/record.ts'
import { FAMILIES, type RecordKind } from './ruleset/sets.ts'

/** There is a table of that name, and this program did not write it. */
export class ForeignTableError extends Error {
  override readonly name = 'ForeignTableError'
}

export interface OwnTable {
  specify(client: Client, address: Address, ports: readonly PortRange[]): readonly ElementSpec[] | undefined
  /** What an earlier updater had closed lately. */
  closed(): readonly ElementSpec[]
  /** That have sets there. */
  ranges(): readonly PortRange[]
  /** The learned elements, a slice a step. */
  leftovers(reader: SetReader): Generator<readonly ElementSpec[]>
  /** Those of `specs` that are there. */
  look(specs: readonly ElementSpec[], now: number): readonly FoundElement[]
  /** One transaction. `elements` may be for other targets too. True: the table was not there, or had to be replaced. Throws NetlinkError, ForeignTableError. */
  synchronise(description: RulesetDescription, elements: readonly Element[], now: number): boolean
  /** The same where the table is as we left it but for `change`, which nothing has to be read back for, or as an earlier updater did. False: it is not. */
  apply(description: RulesetDescription, change: Change, now: number): boolean
  /** Somebody may have changed it: with the next change all rules are written. */
  doubt(): void
  /** Takes these out of what is recorded of that kind. Throws NetlinkError. */
  forget(kind: RecordKind, keys: readonly RecordKey[]): void
  /** Empties the sets of what was closed lately. Throws NetlinkError. */
  acquit(): void
}

type TableOptions = Pick<GuardOptions, 'table' | 'guard' | 'echo'>

/** The one carrier whose address is in no element. */
const NAMESPACE = [undefined]

export function createOwnTable(nftables: Nftables, probes: Probes, { table: name, guard, echo }: TableOptions): OwnTable {
  const table = { family: 'inet', name } as const
  const targets = new Map<string, Target>()
  /** What the table was built from last; undefined: what it holds is not known. */
  let built: RulesetDescription | undefined

  function targetOf(set: string): Target {
    const known = targets.get(set)
    if (known !== undefined) return known
    const encodeKey = isLearnedSet(set) ? encodeLeaseKey : encodePairKey
    const target = { id: targetId(table, set), table, set, timeouts: true, commentPrefix: '', encodeKey }
    targets.set(set, target)
    return target
  }

  const single = { 4: targetOf(learnedSetName(ECHO, 4)), 6: targetOf(learnedSetName(ECHO, 6)) }

  /** Every address of the client in that family × every port range, and echo if set; under guard `output` no client is in the elements. */
  function specify(client: Client, address: Address, ports: readonly PortRange[]): readonly ElementSpec[] | undefined {
    const carriers = carriersOf(client, address)
    if (carriers === undefined) return undefined
    const specs: ElementSpec[] = []
    for (const carrier of carriers) {
      for (const access of ports) specs.push(specOfLease(carrier, address, access))
      if (echo) specs.push(specOfLease(carrier, address, ECHO))
    }
    return specs
  }

  function carriersOf(client: Client, address: Address): readonly (Address | undefined)[] | undefined {
    if (guard === 'output') return NAMESPACE
    // The gateway itself passes unguarded: nothing to open.
    if (client.addresses.length === 0) return []
    const carriers = client.addresses.filter((own) => familyOf(own) === familyOf(address))
    return carriers.length === 0 ? undefined : carriers
  }

  function specOfLease(client: Address | undefined, destination: Address, ports: Access): ElementSpec {
    return { target: targetOfLease(ports, familyOf(destination)), lease: { client, destination, ports } }
  }

  /** Most are of single ports, and need no text made to be found. */
  function targetOfLease(ports: Access, family: Family): Target {
    return isSinglePort(ports) ? single[family] : targetOf(learnedSetName(ports, family))
  }

  function closed(): readonly ElementSpec[] {
    const present = readOurs()
    return present === undefined ? [] : FAMILIES.flatMap((family) => closedIn(present, family))
  }

  function closedIn({ sets }: PresentTable, family: Family): readonly ElementSpec[] {
    const set = `revoked${family}`
    if (!sets.some(({ name }) => name === set)) return []
    return nftables.elements(table, set).flatMap(({ key }) => {
      const pair = decodePairKey(key, family, guard)
      return pair === undefined ? [] : { target: targetOf(set), lease: { ...pair, ports: ANY_PORTS } }
    })
  }

  function ranges(): readonly PortRange[] {
    return (readOurs()?.sets ?? []).flatMap(({ name }) => rangeOfSet(name) ?? [])
  }

  function* leftovers(reader: SetReader): Generator<readonly ElementSpec[]> {
    const present = readOurs()
    for (const set of present === undefined ? [] : learnedSets(present)) {
      for (const states of reader.slices(table, set)) yield states.flatMap((state) => specOf(set, state))
    }
  }

  function look(specs: readonly ElementSpec[], now: number): readonly FoundElement[] {
    const bySet = Map.groupBy(
      specs.filter(({ target }) => target.table === table),
      ({ target }) => target.set,
    )
    return [...bySet].flatMap(([set, theirs]) => {
      const keys = theirs.map(({ target, lease }) => target.encodeKey(lease))
      return nftables
        .lookUp(table, set, keys)
        .flatMap((state) => specOf(set, state).map((spec) => foundElement(spec, state, now + (state.expiresMs ?? 0))))
    })
  }

  function specOf(set: string, { key }: ElementState): readonly ElementSpec[] {
    const lease = decodeLeaseKey(set, key, guard)
    return lease === undefined ? [] : [{ target: targetOf(set), lease }]
  }

  function synchronise(description: RulesetDescription, elements: readonly Element[], now: number): boolean {
    const present = readOurs()
    const own = elements.filter((element) => element.spec.target.table === table)
    if (present !== undefined && isAdoptable(description, present)) {
      built = undefined
      adapt(description, present, differencesOf(present, own, now), now)
      return false
    }
    const transaction = nftables.begin()
    transaction.addAll(
      buildRuleset(
        description,
        present,
        own.map((element) => toLeaseElement(element, now)),
      ),
    )
    nftables.commit(transaction)
    built = description
    return true
  }

  function apply(description: RulesetDescription, change: Change, now: number): boolean {
    const present = readOurs()
    if (present === undefined || !isAdoptable(description, present)) return false
    // What we did not write is read before its set goes.
    if (built === undefined && staleSets(description, present).some(isLearnedSet)) return false
    adapt(description, present, [change], now)
    return true
  }

  function doubt(): void {
    built = undefined
  }

  /** Elements go before the rules, because a set may go with its rule; and come after them, because a set may come with its rule. */
  function adapt(description: RulesetDescription, present: PresentTable, changes: readonly Change[], now: number): void {
    // With a set that somebody else has taken away its elements are gone.
    const sets = new Set(present.sets.map((set) => set.name))
    const removed = changes.flatMap(({ remove }) => remove).filter(({ target }) => target.table === table && sets.has(target.set))
    const put = changes.flatMap((change) => change.put).filter(({ spec }) => spec.target.table === table)
    if (description.protection.kind === 'owner' && !present.state.owner) adopt(description)
    const build = () => buildRuleset(description, present, [])
    const transaction = nftables.begin()
    for (const element of removed) removeElement(transaction, probes, element)
    transaction.addAll(built === undefined ? build() : (refreshRuleset(description, built) ?? build()))
    for (const element of put) putElement(transaction, probes, element, now)
    nftables.commit(transaction)
    built = description
  }

  function forget(kind: RecordKind, keys: readonly RecordKey[]): void {
    const transaction = nftables.begin()
    for (const { port, protocol, ...pair } of keys) {
      const key = encodeLeaseKey({ ...pair, ports: { protocol, first: port, last: port } })
      removeElement(transaction, probes, { target: targetOf(`${kind}${familyOf(pair.destination)}`), key })
    }
    nftables.commit(transaction)
  }

  function acquit(): void {
    const transaction = nftables.begin()
    for (const family of FAMILIES) transaction.add(flushSet(table, `revoked${family}`))
    nftables.commit(transaction)
  }

  /** In a transaction of its own: the one that changes whose a table is may add no base chain (nf_tables_addchain in the kernel). */
  function adopt(description: RulesetDescription): void {
    const transaction = nftables.begin()
    transaction.addAll([claim(description)])
    nftables.commit(transaction)
  }

  function differencesOf(present: PresentTable, own: readonly Element[], now: number): readonly Change[] {
    const wanted = Map.groupBy(own, (element) => element.spec.target.set)
    const states = new Map(learnedSets(present).map((set) => [set, nftables.elements(table, set)]))
    const sets = new Set([...wanted.keys(), ...states.keys()])
    return [...sets].map((set) => compare(targetOf(set), wanted.get(set) ?? [], states.get(set) ?? [], now))
  }

  function readOurs(): PresentTable | undefined {
    const present = readPresent(nftables, name)
    if (present !== undefined && !isOurs(present)) throw new ForeignTableError(`there is a table inet ${name} that is not sallyport's`)
    return present
  }

  return { specify, closed, ranges, leftovers, look, synchronise, apply, doubt, forget, acquit }
}

function learnedSets({ sets }: PresentTable): readonly string[] {
  return sets.map((set) => set.name).filter(isLearnedSet)
}

function toLeaseElement(element: Element, now: number): LeaseElement {
  return { set: element.spec.target.set, element: newElement(writeOf(element, false), now) }
}
