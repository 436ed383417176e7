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

/** Why a wildcard over `name` would allow strangers; undefined: it would not. Public suffix list, private section included. */
export function wildcardDanger(name: Name): string | undefined {
  if (isPublicSuffix(name)) return `${name} is a public suffix: anybody can get a name below it`
  if (namesAboveSuffixes().has(name)) return `there are public suffixes below ${name}: anybody can get a name there`
  return undefined
}

/** `corp` and other names that the list does not know are nobody's. */
function isPublicSuffix(name: Name): boolean {
  const { publicSuffix, isIcann, isPrivate } = parse(name, { allowPrivateDomains: true, validateHostname: false })
  return publicSuffix === name && (isIcann === true || isPrivate === true)
}

let above: ReadonlySet<string> | undefined

/** Every name below which the list has a suffix: "amazonaws.com". Collected at the first wildcard that is read. */
function namesAboveSuffixes(): ReadonlySet<string> {
  above ??= collectNames(createRequire(import.meta.url)('tldts/dist/cjs/src/data/trie.js') as SuffixTree)
  return above
}

function collectNames({ edgeStart, edgeLength, edgeChild, labelText, rulesRoot }: SuffixTree): ReadonlySet<string> {
  const offsets = new Uint32Array(edgeLength.length + 1)
  edgeLength.forEach((length, edge) => {
    offsets[edge + 1] = offsets[edge]! + length
  })
  const names = new Set<string>()
  const visit = (node: number, name: string): void => {
    if (edgeStart[node]! < edgeStart[node + 1]!) names.add(name)
    for (let edge = edgeStart[node]!; edge < edgeStart[node + 1]!; edge++) {
      const label = labelText.slice(offsets[edge], offsets[edge + 1])
      visit(edgeChild[edge]!, name === '' ? label : `${label}.${name}`)
    }
  }
  visit(rulesRoot, '')
  return names
}

/** What somebody has registered: "example.co.uk" of "api.example.co.uk", "me.github.io"; undefined where nobody has. */
export function registrableDomain(name: Name): Name | undefined {
  return (getDomain(name, { allowPrivateDomains: true, validateHostname: false }) ?? undefined) as Name | undefined
}
