// What nft(8), a program that is not ours, sees in a namespace.
import type { Namespace } from './namespace.ts'

export interface SetElement {
  /** Fields of the key joined with " . ", as nft prints them. */
  readonly key: string
  readonly timeoutSeconds: number
  readonly comment: string
}

interface ListedSet {
  readonly set?: { readonly elem?: readonly unknown[] }
}

interface ListedElement {
  readonly elem?: { readonly val: unknown; readonly expires?: number; readonly timeout?: number; readonly comment?: string }
}

/** Elements of a set of the inet family. */
export function listElements(namespace: Namespace, table: string, set: string): SetElement[] {
  const { nftables } = JSON.parse(namespace.run(['nft', '-j', 'list', 'set', 'inet', table, set])) as {
    readonly nftables: readonly ListedSet[]
  }
  const elements = nftables.flatMap((entry) => entry.set?.elem ?? [])
  return elements.map((element) => {
    const { val, expires, timeout, comment } = (element as ListedElement).elem ?? { val: element }
    return { key: formatKey(val), timeoutSeconds: expires ?? timeout ?? 0, comment: comment ?? '' }
  })
}

function formatKey(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  const { concat, range, prefix } = value as { concat?: unknown[]; range?: unknown[]; prefix?: { addr: string; len: number } }
  if (concat) return concat.map(formatKey).join(' . ')
  if (range) return range.map(formatKey).join('-')
  return prefix ? `${prefix.addr}/${prefix.len}` : JSON.stringify(value)
}

export function listTable(namespace: Namespace, table: string): string {
  return namespace.run(['nft', 'list', 'table', 'inet', table])
}

/** Names of all tables, as "inet sallyport". */
export function listTables(namespace: Namespace): string[] {
  return namespace
    .run(['nft', 'list', 'tables'])
    .split('\n')
    .filter(Boolean)
    .map((line) => line.replace('table ', ''))
}

/** Names of the sets of an inet table. */
export function listSets(namespace: Namespace, table: string): string[] {
  const { nftables } = JSON.parse(namespace.run(['nft', '-j', 'list', 'sets', 'table', 'inet', table])) as {
    readonly nftables: readonly { readonly set?: { readonly name: string } }[]
  }
  return nftables.flatMap(({ set }) => (set ? [set.name] : []))
}
