// The whole table as one transaction: made anew, or rebuilt around the elements that it has learned.
import { isDeepStrictEqual } from 'node:util'
import { deleteElement, type NewElement, newElement } from '../../linux/nftables/element.ts'
import {
  deleteChain,
  deleteSet,
  deleteTable,
  flushRules,
  flushSet,
  type Message,
  type NewSet,
  newChain,
  newRule,
  newSet,
  newTable,
} from '../../linux/nftables/message.ts'
import type { Nftables, SetState, TableRef, TableState } from '../../linux/nftables/nftables.ts'
import { keyTypeOf, TABLE_FLAG } from '../../linux/nftables/vocabulary.ts'
import { areSameSegments } from '../../policy/static.ts'
import { type Chain, DEFAULT_PRIORITIES, type Priorities, placed } from './chain.ts'
import { commonChains } from './common.ts'
import { type RulesetDescription, tableOf } from './description.ts'
import { echoChains } from './echo.ts'
import { forwardChains } from './forward.ts'
import { isLearnedSet } from './key.ts'
import { outputChains } from './output.ts'
import { buildSets, FAMILIES } from './sets.ts'
import { namedElement, revokedElements, staticElements } from './statics.ts'

/** To be raised whenever sets or chains change in a way that a table of an earlier version cannot be rebuilt into. */
const LAYOUT = 2
const OURS = 'sallyport layout '
const KEYS = Object.keys(DEFAULT_PRIORITIES) as (keyof Priorities)[]
/** What rules fill. */
const RECORD_SET = /^(?:(?:refused|audit|begun)[46]|(?:dns_)?flows[46]?)$/

/** What the kernel has under our table's name. */
export interface PresentTable {
  readonly state: TableState
  readonly sets: readonly SetState[]
  readonly chains: readonly string[]
}

export interface LeaseElement {
  readonly set: string
  readonly element: NewElement
}

export function readPresent(nftables: Nftables, name: string): PresentTable | undefined {
  const state = nftables.table('inet', name)
  return state === undefined ? undefined : { state, sets: nftables.sets(state), chains: nftables.chains(state) }
}

/** Was it written by a sallyport, of any version? A table of our name that was not is left alone. */
export function isOurs(present: PresentTable): boolean {
  return present.state.comment?.startsWith(OURS) ?? false
}

/** Can it be rebuilt around its learned elements? Same layout, guard and flags, and sets of the same shape. */
export function isAdoptable(description: RulesetDescription, present: PresentTable): boolean {
  const { state } = present
  const owned = description.protection.kind === 'owner'
  // The kernel takes the owner flag off a table that outlives its owner; to name both flags makes it ours.
  if (state.comment !== tableComment(description) || (state.owner && !owned) || state.persist !== owned) return false
  const shapes = new Map(present.sets.map((set) => [set.name, set]))
  return buildSets(description).every((set) => hasShape(set, shapes.get(set.name)))
}

/** Those that go when the table is rebuilt around its learned elements. */
export function staleSets(description: RulesetDescription, { sets }: PresentTable): readonly string[] {
  const wanted = new Set(buildSets(description).map(({ name }) => name))
  return sets.map(({ name }) => name).filter((name) => !wanted.has(name))
}

/** Everything that makes the table what the description says, in one transaction. An adoptable table keeps what its learned sets hold; any other is replaced. `elements` are added to either. */
export function buildRuleset(
  description: RulesetDescription,
  present: PresentTable | undefined,
  elements: readonly LeaseElement[],
): readonly Message[] {
  const table = tableOf(description)
  const sets = buildSets(description)
  const chains = [
    ...(description.guard === 'forward' ? forwardChains(description) : outputChains(description)),
    ...commonChains(description),
    ...echoChains(description),
  ].map((chain) => placed(chain, description.priorities))
  const adopted = present !== undefined && isAdoptable(description, present)
  return [
    ...(present !== undefined && !adopted ? [deleteTable(table)] : []),
    claim(description),
    ...(adopted ? clear(table, present, sets, chains) : []),
    ...sets.map((set, i) => newSet(table, set, i + 1)),
    ...chains.map((chain) => newChain(table, chain)),
    ...chains.flatMap((chain) =>
      chain.rules.map(({ comment, statements }) => newRule(table, { chain: chain.name, comment, expressions: statements.flat() })),
    ),
    ...[...staticElements(description), ...elements].map(({ set, element }) => newElement(table, set, element)),
  ]
}

/**
 * The same where the table is as `before` says, and only those elements are others that change as clients come and go and as something is
 * closed: rules and static entries stay, which with a thousand clients take the kernel 15 ms (bench: scale). Undefined: more is others.
 */
export function refreshRuleset(description: RulesetDescription, before: RulesetDescription): readonly Message[] | undefined {
  const { segments, named, revoked } = description
  if (!areSameSegments(segments, before.segments) || !isDeepStrictEqual(description, { ...before, segments, named, revoked }))
    return undefined
  const table = tableOf(description)
  const [wanted, present] = [new Set(named), new Set(before.named)]
  const add = ({ set, element }: LeaseElement): Message => newElement(table, set, element)
  const gone = before.named.filter((address) => !wanted.has(address)).map(namedElement)
  return [
    ...named.filter((address) => !present.has(address)).map((address) => add(namedElement(address))),
    // Added first: to delete what somebody else has deleted would void the transaction.
    ...gone.flatMap((one) => [add(one), deleteElement(table, one.set, one.element.key)]),
    // What was closed lately leaves its set by itself.
    ...(revoked.length > 0 ? FAMILIES.map((family) => flushSet(table, `revoked${family}`)) : []),
    ...revokedElements(revoked).map(add),
  ]
}

/** Makes the table, or one whose owner has died, ours. */
export function claim(description: RulesetDescription): Message {
  const flags = description.protection.kind === 'owner' ? TABLE_FLAG.OWNER | TABLE_FLAG.PERSIST : 0
  return newTable({ ...tableOf(description), flags, comment: tableComment(description) })
}

/** For `sallyport down`: our rules gone, and with them everything else that we keep in nf_tables. */
export function teardown(table: string): readonly Message[] {
  return [deleteTable(tableOf({ table }))]
}

/** The kernel does not move a chain: with other priorities it is another table. */
function tableComment({ guard, priorities }: RulesetDescription): string {
  const isDefault = KEYS.every((key) => priorities[key] === DEFAULT_PRIORITIES[key])
  const head = `${OURS}${LAYOUT}, guard ${guard}`
  if (isDefault) return `${head}: only allowed names get out. Its updater writes this table; to remove it: sallyport down`
  return `${head} at ${KEYS.map((key) => priorities[key]).join('/')}: only allowed names get out; to remove it: sallyport down`
}

/** Takes the rules out, the sets and chains that are no longer ours, and the elements that do not come from answers. */
function clear(table: TableRef, present: PresentTable, sets: readonly NewSet[], chains: readonly Chain[]): readonly Message[] {
  const wantedSets = new Set(sets.map((set) => set.name))
  const wantedChains = new Set(chains.map((chain) => chain.name))
  const [kept, stale] = partition(present.sets, ({ name }) => wantedSets.has(name))
  return [
    flushRules(table),
    ...present.chains.filter((name) => !wantedChains.has(name)).map((name) => deleteChain(table, name)),
    ...stale.map(({ name }) => deleteSet(table, name)),
    ...kept.filter(({ name }) => !isLearnedSet(name) && !RECORD_SET.test(name)).map(({ name }) => flushSet(table, name)),
  ]
}

function hasShape(set: NewSet, present: SetState | undefined): boolean {
  return (
    present === undefined || (present.keyType === keyTypeOf(set.key) && present.size === set.size && present.timeoutMs === set.timeoutMs)
  )
}

function partition<T>(values: readonly T[], wanted: (value: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [values.filter(wanted), values.filter((value) => !wanted(value))]
}
