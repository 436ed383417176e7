import { coversPattern } from './interface-pattern.ts'
import { formatPrefix, type Prefix } from './prefix.ts'

/** Where on the network a client is: at addresses, and behind interfaces. */
export interface Place {
  readonly prefixes: readonly Prefix[]
  /** Names, or patterns that end in '*'. */
  readonly interfaces?: readonly string[]
}

export function hasInterfaces({ interfaces }: Place): boolean {
  return interfaces !== undefined && interfaces.length > 0
}

/** What both name: a prefix, or an interface or pattern. Prefixes may lie in one another, the longest counts, and of patterns too; but whoever is at the same could not be told apart. */
export function commonPart(one: Place, other: Place): string | undefined {
  const taken = new Set(partsOf(other))
  return partsOf(one).find((part) => taken.has(part))
}

/** The first interface that none of the guarded ones covers: nobody watches who comes in there. */
export function unguardedInterface({ interfaces = [] }: Place, guarded: readonly string[]): string | undefined {
  return interfaces.find((name) => !guarded.some((pattern) => coversPattern(pattern, name)))
}

/** As settings have them: addresses, prefixes, names and patterns. */
export function partsOf({ prefixes, interfaces = [] }: Place): readonly string[] {
  return [...interfaces, ...prefixes.map(formatPrefix)]
}
