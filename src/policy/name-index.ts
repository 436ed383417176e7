// Every name entry of a policy in one tree of names, shared by all clients. Nodes and entries are numbers in flat arrays: a hundred thousand
// entries cost little memory and no garbage collection (bench/policy).

import { type Name, parentOf, ROOT } from '../dns/name.ts'
import type { NameRule } from './rule.ts'

export const NO_NODE = -1

/** The entries of the files that are for the same clients. */
export interface ScopedRules {
  readonly scope: number
  readonly rules: readonly NameRule[]
}

export interface NameIndex {
  /** The node of every name that has an entry, and of every name above one but the root. */
  readonly nodes: ReadonlyMap<Name, number>
  readonly parent: Int32Array
  readonly firstChild: Int32Array
  readonly nextSibling: Int32Array
  /** 1 where the node's own label holds other than letters, digits, '-' and '_': no wildcard above it matches. */
  readonly isOdd: Uint8Array
  /** The entries of node n are rules[start[n]] up to rules[start[n + 1]], ordered by scope and then as in the files. */
  readonly start: Int32Array
  readonly rules: readonly NameRule[]
  readonly scopes: Int32Array
  /** Does any entry ever end? If none does, nobody needs to look for expired ones. */
  readonly hasEnds: boolean
}

/** Builds the index from entries given in the order of their scopes. */
export function buildNameIndex(groups: readonly ScopedRules[]): NameIndex {
  const tree = growTree(groups)
  return { ...tree, ...placeRules(groups, tree.nodes), hasEnds: groups.some(({ rules }) => rules.some((rule) => rule.until !== undefined)) }
}

/** The node above, whose wildcards match the name of `node`; none at the top, or where the label of `node` matches no wildcard. */
export function nodeAbove(index: NameIndex, node: number): number {
  return index.isOdd[node] === 1 ? NO_NODE : index.parent[node]!
}

/** The nearest node above a name that has none itself, unless a label between them keeps wildcards from matching. One map probe a label. */
export function nearestApex(index: NameIndex, name: Name): number {
  const odd = firstOdd(name)
  for (let dot = name.indexOf('.'); dot >= 0 && dot < odd; dot = name.indexOf('.', dot + 1)) {
    const node = index.nodes.get(name.slice(dot + 1) as Name)
    if (node !== undefined) return node
  }
  return NO_NODE
}

/** Where the first character stands that no wildcard matches. */
function firstOdd(name: string): number {
  for (let index = 0; index < name.length; index++) {
    const code = name.charCodeAt(index)
    if (code === 0x5c || code === 0x2a) return index
  }
  return Number.POSITIVE_INFINITY
}

function growTree(groups: readonly ScopedRules[]) {
  const nodes = new Map<Name, number>()
  const parent: number[] = []
  const firstChild: number[] = []
  const nextSibling: number[] = []
  const isOdd: number[] = []
  const grow = (name: Name): number => {
    const known = nodes.get(name)
    if (known !== undefined) return known
    const node = nodes.size
    nodes.set(name, node)
    firstChild.push(NO_NODE)
    nextSibling.push(NO_NODE)
    parent.push(NO_NODE)
    const above = parentOf(name)
    isOdd.push(firstOdd(name) < firstDot(name) ? 1 : 0)
    if (above === undefined || above === ROOT) return node
    const apex = grow(above)
    parent[node] = apex
    nextSibling[node] = firstChild[apex]!
    firstChild[apex] = node
    return node
  }
  for (const { rules } of groups) for (const rule of rules) grow(rule.name)
  return {
    nodes,
    parent: Int32Array.from(parent),
    firstChild: Int32Array.from(firstChild),
    nextSibling: Int32Array.from(nextSibling),
    isOdd: Uint8Array.from(isOdd),
  }
}

function firstDot(name: Name): number {
  const dot = name.indexOf('.')
  return dot < 0 ? name.length : dot
}

/** A counting sort by node: stable, so that entries keep the order of scopes and files. */
function placeRules(groups: readonly ScopedRules[], nodes: ReadonlyMap<Name, number>) {
  const start = countRules(groups, nodes)
  const total = start[nodes.size]!
  const next = start.slice()
  const rules = new Array<NameRule>(total)
  const scopes = new Int32Array(total)
  for (const group of groups) {
    for (const rule of group.rules) {
      const node = nodes.get(rule.name)!
      const at = next[node]!
      next[node] = at + 1
      rules[at] = rule
      scopes[at] = group.scope
    }
  }
  return { start, rules, scopes }
}

function countRules(groups: readonly ScopedRules[], nodes: ReadonlyMap<Name, number>): Int32Array {
  const start = new Int32Array(nodes.size + 1)
  for (const { rules } of groups) {
    for (const rule of rules) {
      const after = nodes.get(rule.name)! + 1
      start[after] = start[after]! + 1
    }
  }
  for (let node = 1; node < start.length; node++) start[node] = start[node]! + start[node - 1]!
  return start
}
