// The name entries of the files of one scope in a tree of names. Nodes and entries are numbers in flat arrays: a hundred thousand entries
// cost little memory and no garbage collection (bench: rules).

import type { Name } from '../dns/name.ts'
import type { NameRules, Terms } from './name-rules.ts'
import { NameTable, NO_NAME } from './name-table.ts'
import { Numbers } from './numbers.ts'
import type { NameRule } from './rule.ts'
import { ENTRIES_A_STEP, type Steps } from './steps.ts'

export const NO_NODE = NO_NAME

const NUMBERS_A_STEP = 16_384

export interface NameIndex {
  /** The node of every name that has an entry, and of every name above one but the root. */
  readonly nodes: NameTable
  readonly firstChild: Numbers
  readonly nextSibling: Numbers
  /** The entries of node n are entries[start[n]] up to entries[start[n + 1]], as in the files. */
  readonly start: Int32Array
  readonly entries: Int32Array
  readonly rules: JoinedRules
}

/** Builds the index from the entries of each file. */
export function* nameIndexSteps(files: readonly NameRules[]): Steps<NameIndex> {
  const rules = new JoinedRules(files)
  const { nodeOf, ...tree } = yield* growTree(files, rules.length)
  return { ...tree, rules, ...(yield* placeEntries(nodeOf, tree.nodes.size)) }
}

/** The name of a node. */
export function nameAt({ nodes }: NameIndex, node: number): Name {
  return nodes.list.at(node) as Name
}

/** Where the first character stands that no wildcard matches: a wildcard above the label that holds it does not reach further down. */
export function firstOdd(name: Name): number {
  for (let index = 0; index < name.length; index++) {
    const code = name.charCodeAt(index)
    if (code === 0x5c || code === 0x2a) return index
  }
  return Number.POSITIVE_INFINITY
}

/** The entries of several files, numbered throughout. */
export class JoinedRules {
  readonly length: number
  readonly #files: readonly NameRules[]
  /** The number of the first entry of each file. */
  readonly #starts: readonly number[]

  constructor(files: readonly NameRules[]) {
    let length = 0
    this.#files = files
    this.#starts = files.map((file) => {
      length += file.length
      return length - file.length
    })
    this.length = length
  }

  termsAt(index: number): Terms {
    const file = this.#fileOf(index)
    return this.#files[file]!.termsAt(index - this.#starts[file]!)
  }

  at(index: number): NameRule {
    const file = this.#fileOf(index)
    return this.#files[file]!.at(index - this.#starts[file]!)
  }

  /** The last that begins at or before it. */
  #fileOf(index: number): number {
    let [low, high] = [0, this.#files.length]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (this.#starts[middle]! <= index) low = middle
      else high = middle
    }
    return low
  }
}

interface Tree extends Pick<NameIndex, 'nodes' | 'firstChild' | 'nextSibling'> {
  /** The node of each entry. */
  readonly nodeOf: Int32Array
}

function* growTree(files: readonly NameRules[], entries: number): Steps<Tree> {
  const nodes = new NameTable({ names: entries, octets: files.reduce((octets, rules) => octets + rules.octetCount, 0) })
  const firstChild = new Numbers(entries)
  const nextSibling = new Numbers(entries)
  const nodeOf = new Int32Array(entries)
  const link = (node: number): void => {
    const isNew = node === firstChild.length
    if (!isNew) return
    firstChild.push(NO_NODE)
    nextSibling.push(NO_NODE)
    const apex = nodes.addParent(node)
    if (apex === NO_NODE) return
    link(apex)
    nextSibling.set(node, firstChild.at(apex))
    firstChild.set(apex, node)
  }
  let entry = 0
  for (const rules of files) {
    for (let index = 0; index < rules.length; index++) {
      const node = rules.addName(index, nodes)
      link(node)
      nodeOf[entry++] = node
      if (entry % ENTRIES_A_STEP === 0) yield
    }
  }
  return { nodes, nodeOf, firstChild, nextSibling }
}

/** A counting sort by node: stable, so that entries keep the order of the files. */
function* placeEntries(nodeOf: Int32Array, nodes: number): Steps<Pick<NameIndex, 'start' | 'entries'>> {
  const start = new Int32Array(nodes + 1)
  for (let entry = 0; entry < nodeOf.length; entry++) {
    start[nodeOf[entry]! + 1]!++
    if (entry % NUMBERS_A_STEP === 0) yield
  }
  for (let node = 1; node < start.length; node++) start[node]! += start[node - 1]!
  yield
  const next = start.slice()
  const entries = new Int32Array(nodeOf.length)
  for (let entry = 0; entry < nodeOf.length; entry++) {
    entries[next[nodeOf[entry]!]!++] = entry
    if (entry % NUMBERS_A_STEP === 0) yield
  }
  return { start, entries }
}
