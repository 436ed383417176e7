// Who holds how much: how many leases each source, and which addresses each of its names.

import type { Address } from '../net/address.ts'
import type { Grant, Holder } from './lease.ts'

export class Holdings {
  readonly #counts = new Map<Address, number>()
  readonly #names = new Map<string, Grant[]>()

  countOf(source: Address): number {
    return this.#counts.get(source) ?? 0
  }

  /** What a source holds by one name. */
  ofName(holder: Pick<Holder, 'source' | 'name'>): readonly Grant[] {
    return this.#names.get(nameKey(holder)) ?? []
  }

  add(grant: Grant): void {
    this.#counts.set(grant.source, this.countOf(grant.source) + 1)
    const key = nameKey(grant)
    const grants = this.#names.get(key)
    if (grants === undefined) this.#names.set(key, [grant])
    else grants.push(grant)
  }

  remove(grant: Grant): void {
    const count = this.countOf(grant.source) - 1
    if (count === 0) this.#counts.delete(grant.source)
    else this.#counts.set(grant.source, count)
    const key = nameKey(grant)
    const grants = this.#names.get(key)!
    if (grants.length === 1) this.#names.delete(key)
    else grants.splice(grants.indexOf(grant), 1)
  }
}

function nameKey({ source, name }: Pick<Holder, 'source' | 'name'>): string {
  return `${source} ${name}`
}
