// The name entries of the files of one scope in a tree of names. Nodes and entries are numbers in flat arrays: a hundred thousand entries
// cost little memory and no garbage collection (bench/policy).

import { type Name, parentOf, ROOT } from '../dns/name.ts'
import type { NameRule } from './rule.ts'
import { ENTRIES_A_STEP, type Steps } from './steps.ts'

export const NO_NODE = -1

export interface NameIndex {
  /** The node of every name that has an entry, and of every name above one but the root; numbered in this order. */
  readonly nodes: ReadonlyMap<Name, number>
  /** The name of each node. */
  readonly names: readonly Name[]
  readonly firstChild: Int32Array
  readonly nextSibling: Int32Array
  /** The entries of node n are rules[start[n]] up to rules[start[n + 1]], as in the files. */
  readonly start: Int32Array
  readonly rules: readonly NameRule[]
}

/** Builds the index from the entries of each file. */
export function* nameIndexSteps(files: readonly (readonly NameRule[])[]): Steps<NameIndex> {
  const rules = files.flat()
  const { nodeOf, ...tree } = yield* growTree(rules)
  yield
  const names = [...tree.nodes.keys()]
  yield
  return { ...tree, names, ...placeRules(rules, nodeOf, names.length) }
}

/** Where the first character stands that no wildcard matches: a wildcard above the label that holds it does not reach further down. */
export function firstOdd(name: Name): number {
  for (let index = 0; index < name.length; index++) {
    const code = name.charCodeAt(index)
    if (code === 0x5c || code === 0x2a) return index
  }
  return Number.POSITIVE_INFINITY
}

interface Tree extends Pick<NameIndex, 'nodes' | 'firstChild' | 'nextSibling'> {
  /** The node of each entry. */
  readonly nodeOf: Int32Array
}

function* growTree(rules: readonly NameRule[]): Steps<Tree> {
  const nodes = new Map<Name, number>()
  const firstChild: number[] = []
  const nextSibling: number[] = []
  const nodeOf = new Int32Array(rules.length)
  const grow = (name: Name): number => {
    const known = nodes.get(name)
    if (known !== undefined) return known
    const node = nodes.size
    nodes.set(name, node)
    firstChild.push(NO_NODE)
    nextSibling.push(NO_NODE)
    const above = parentOf(name)
    if (above === undefined || above === ROOT) return node
    const apex = grow(above)
    nextSibling[node] = firstChild[apex]!
    firstChild[apex] = node
    return node
  }
  for (const [index, { name }] of rules.entries()) {
    nodeOf[index] = grow(name)
    if (index % ENTRIES_A_STEP === 0) yield
  }
  return { nodes, nodeOf, firstChild: Int32Array.from(firstChild), nextSibling: Int32Array.from(nextSibling) }
}

/** A counting sort by node: stable, so that entries keep the order of the files. */
function placeRules(rules: readonly NameRule[], nodeOf: Int32Array, nodes: number): Pick<NameIndex, 'start' | 'rules'> {
  const start = countRules(nodeOf, nodes)
  const next = start.slice()
  const placed = new Array<NameRule>(rules.length)
  for (const [index, rule] of rules.entries()) placed[next[nodeOf[index]!]!++] = rule
  return { start, rules: placed }
}

function countRules(nodeOf: Int32Array, nodes: number): Int32Array {
  const start = new Int32Array(nodes + 1)
  for (const node of nodeOf) start[node + 1]!++
  for (let node = 1; node < start.length; node++) start[node]! += start[node - 1]!
  return start
}
