// Names under which strangers register: a wildcard over one of them allows everybody. Home of tldts.

import { createRequire } from 'node:module'
import { getDomain, parse } from 'tldts'
import type { Name } from '../dns/name.ts'

/** The public suffix list as tldts ships it: edges of a tree, labels one after the other in one string. Its API tells only where a given name ends. */
interface SuffixTree {
  readonly edgeStart: Uint16Array
  readonly edgeLength: Uint8Array
  readonly edgeChild: Uint16Array
  readonly labelText: string
  readonly rulesRoot: number
}

/** Read at once: a process that has given up root may be unable to read the program's files. */
const TREE = createRequire(import.meta.url)('tldts/dist/cjs/src/data/trie.js') as SuffixTree

/** Why a wildcard over `name` would allow strangers; undefined: it would not. Public suffix list, private section included. */
export function wildcardDanger(name: Name): string | undefined {
  if (isPublicSuffix(name)) return `${name} is a public suffix: anybody can get a name below it`
  if (isAboveSuffixes(name)) return `there are public suffixes below ${name}: anybody can get a name there`
  return undefined
}

/** `corp` and other names that the list does not know are nobody's. */
function isPublicSuffix(name: Name): boolean {
  const { publicSuffix, isIcann, isPrivate } = parse(name, { allowPrivateDomains: true, validateHostname: false })
  return publicSuffix === name && (isIcann === true || isPrivate === true)
}

/** Whether the list has a suffix below `name`, as below "amazonaws.com". */
function isAboveSuffixes(name: Name): boolean {
  below ??= openTree(TREE)
  let branch: Branch | undefined = below
  for (let end = name.length; end > 0 && branch !== undefined; ) {
    const dot = name.lastIndexOf('.', end - 1)
    branch = branch.get(name.slice(dot + 1, end))?.()
    end = dot
  }
  return branch !== undefined && branch.size > 0
}

/** A node of the tree, opened when somebody goes there. */
type Branch = ReadonlyMap<string, () => Branch>

let below: Branch | undefined

function openTree({ edgeStart, edgeLength, edgeChild, labelText, rulesRoot }: SuffixTree): Branch {
  const offsets = new Uint32Array(edgeLength.length + 1)
  for (let edge = 0; edge < edgeLength.length; edge++) offsets[edge + 1] = offsets[edge]! + edgeLength[edge]!
  const opened = new Map<number, Branch>()
  const open = (node: number): Branch => {
    const branch = opened.get(node) ?? new Map(labelled(node))
    opened.set(node, branch)
    return branch
  }
  function* labelled(node: number): Generator<[string, () => Branch]> {
    for (let edge = edgeStart[node]!; edge < edgeStart[node + 1]!; edge++)
      yield [labelText.slice(offsets[edge], offsets[edge + 1]), () => open(edgeChild[edge]!)]
  }
  return open(rulesRoot)
}

/** What somebody has registered: "example.co.uk" of "api.example.co.uk", "me.github.io"; undefined where nobody has. */
export function registrableDomain(name: Name): Name | undefined {
  return (getDomain(name, { allowPrivateDomains: true, validateHostname: false }) ?? undefined) as Name | undefined
}
