// The verdict as the design's section on zone files tells it, sentence by sentence, in plain loops over all entries. It shares nothing with
// `src/policy` but the parsed entries, and is the judge of everything that decides.

import type { ClientEntry } from '../../src/policy/client.ts'
import type { ClientSelector, NameRule, Tier, ZoneFile } from '../../src/policy/rule.ts'

export interface ReferenceVerdict {
  readonly kind: 'allow' | 'NXDOMAIN' | 'NODATA'
  /** Sorted words, as "tcp/443"; only for allow. */
  readonly ports: readonly string[]
  readonly private: boolean
}

/** Who asks: an IPv4 source, and its entry in the settings if it has one. */
export interface ReferenceClient {
  readonly source: string
  readonly entry: ClientEntry | undefined
}

const PLAIN_LABELS = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/
const A = 1
const CNAME = 5
const AAAA = 28

export function referenceDecide(
  files: readonly ZoneFile[],
  client: ReferenceClient,
  name: string,
  type: number,
  now: number,
): ReferenceVerdict {
  const rules = files.filter((file) => appliesTo(file, client)).flatMap((file) => [...file.names])
  const allowed = settle(rules, name, now)
  if (allowed === undefined) return { kind: isAnythingAllowedBelow(rules, name, now) ? 'NODATA' : 'NXDOMAIN', ports: [], private: false }
  if (type !== A && type !== AAAA && type !== CNAME && !allowed.types.includes(type)) return { kind: 'NODATA', ports: [], private: false }
  return { kind: 'allow', ports: allowed.ports, private: allowed.private }
}

interface Grant {
  readonly ports: readonly string[]
  readonly types: readonly number[]
  readonly private: boolean
}

function settle(rules: readonly NameRule[], name: string, now: number): Grant | undefined {
  const base = mostSpecific(rules, 'base', name, now)
  const app = mostSpecific(rules, 'app', name, now)
  const denies = (speaking: readonly NameRule[]): boolean => speaking.some((rule) => rule.kind === 'deny')
  if (denies(base) || denies(app)) return undefined
  if (base.length === 0 && app.length === 0) return undefined
  const deciding = base.length > 0 ? base : app
  return {
    ports: simplify([...base, ...app].flatMap((rule) => rule.ports.map(({ protocol, first, last }) => `${protocol}/${first}-${last}`))),
    types: deciding.flatMap((rule) => rule.types),
    private: deciding.some((rule) => rule.private),
  }
}

function mostSpecific(rules: readonly NameRule[], tier: Tier, name: string, now: number): readonly NameRule[] {
  let best = -1
  let speaking: NameRule[] = []
  for (const rule of rules) {
    if (rule.tier !== tier || (rule.until !== undefined && rule.until <= now) || !matches(rule, name)) continue
    const specificity = rule.wildcard ? rule.name.length : 1000
    if (specificity > best) speaking = []
    if (specificity >= best) speaking.push(rule)
    best = Math.max(best, specificity)
  }
  return speaking
}

function matches(rule: NameRule, name: string): boolean {
  if (!rule.wildcard) return rule.name === name
  return name.endsWith(`.${rule.name}`) && PLAIN_LABELS.test(name.slice(0, -rule.name.length - 1))
}

/** Tries every name below that could make a difference: those of entries, those between, and a fresh child of each. */
function isAnythingAllowedBelow(rules: readonly NameRule[], name: string, now: number): boolean {
  const below = new Set<string>()
  for (const rule of rules) {
    for (let each: string = rule.name; each.endsWith(`.${name}`); each = each.slice(each.indexOf('.') + 1)) below.add(each)
  }
  const candidates = [...below, ...[name, ...below].map((each) => `fresh-label.${each}`)]
  return candidates.some((candidate) => settle(rules, candidate, now) !== undefined)
}

/** Without what another range contains: "any/0-65535" contains all. */
function simplify(ports: readonly string[]): readonly string[] {
  const distinct = [...new Set(ports)]
  const contains = (a: string, b: string): boolean => {
    if (a === b || a.startsWith('any')) return a !== b
    const [[protocol, first, last], [other, from, to]] = [a, b].map((text) => text.split(/[/-]/)) as [string[], string[]]
    return protocol === other && Number(first) <= Number(from) && Number(to) <= Number(last)
  }
  return distinct.filter((port) => !distinct.some((other) => contains(other, port))).sort()
}

function appliesTo(file: ZoneFile, client: ReferenceClient): boolean {
  return file.clients === undefined || file.clients.some((selector) => selectsClient(selector, client))
}

function selectsClient(selector: ClientSelector, { source, entry }: ReferenceClient): boolean {
  if (selector.kind === 'name') return selector.name === entry?.name
  const { family, address, length } = selector.prefix
  const singles = (entry?.prefixes ?? [])
    .filter((prefix) => prefix.family === 4 && prefix.length === 32)
    .map((prefix) => prefix.address as string)
  const ofClient = singles.includes(source) ? [source, ...singles] : [source]
  return family === 4 && ofClient.some((each) => leadingBits(each, length) === leadingBits(address, length))
}

function leadingBits(address: string, length: number): string {
  const bits = address.split('.').map((octet) => Number(octet).toString(2).padStart(8, '0'))
  return bits.join('').slice(0, length)
}
