// Who holds how much: how many leases each payer, and which addresses each name of a source.

import type { Grant, Holder } from './lease.ts'

const NOTHING: readonly Grant[] = []

export class Holdings {
  readonly #counts = new Map<string, number>()
  readonly #names = new Map<string, Grant[]>()
  readonly #mostAddresses: number
  #overfull = new Set<readonly Grant[]>()

  constructor(mostAddresses: number) {
    this.#mostAddresses = mostAddresses
  }

  countOf(payer: string): number {
    return this.#counts.get(payer) ?? 0
  }

  /** Of names with more addresses than they may have since the last call, those that end first: they were opened, or used, the longest time ago. */
  takeSurplus(): readonly Grant[] {
    if (this.#overfull.size === 0) return NOTHING
    const surplus = [...this.#overfull].flatMap((grants) => {
      return grants.toSorted((a, b) => a.until - b.until).slice(0, Math.max(0, grants.length - this.#mostAddresses))
    })
    this.#overfull.clear()
    return surplus
  }

  add(grant: Grant): void {
    this.#counts.set(grant.payer, this.countOf(grant.payer) + 1)
    const key = nameKey(grant)
    const grants = this.#names.get(key)
    if (grants === undefined) this.#names.set(key, [grant])
    else if (grants.push(grant) > this.#mostAddresses) this.#overfull.add(grants)
  }

  remove(grant: Grant): void {
    const count = this.countOf(grant.payer) - 1
    if (count === 0) this.#counts.delete(grant.payer)
    else this.#counts.set(grant.payer, count)
    const key = nameKey(grant)
    const grants = this.#names.get(key)!
    if (grants.length === 1) this.#names.delete(key)
    else grants.splice(grants.indexOf(grant), 1)
  }
}

function nameKey({ source, name }: Pick<Holder, 'source' | 'name'>): string {
  return `${source} ${name}`
}
