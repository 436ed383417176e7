// The leases: which name opened which address for which source, until when. What they hold is told elsewhere (element-table.ts).

import type { Address } from '../net/address.ts'
import { FlatTable, hashOf, NONE } from './flat-table.ts'
import { Holdings } from './holding.ts'
import type { Interned } from './interned.ts'
import type { Grant, Holder, Name } from './lease.ts'
import { RowLists } from './row-list.ts'

export class LeaseTable {
  readonly #table = new FlatTable({
    holding: new Int32Array(),
    address: new Int32Array(),
    until: new Float64Array(),
    freshUntil: new Float64Array(),
    confirmedUntil: new Float64Array(),
    next: new Int32Array(),
    previous: new Int32Array(),
  })
  readonly #addresses: Interned<Address>
  readonly #holdings: Holdings
  readonly #leasesOf: RowLists

  /**
   * @param addresses shared with whoever has the same ones
   * @param mostAddresses those of one name of a source beyond it are surplus
   */
  constructor(addresses: Interned<Address>, mostAddresses: number) {
    this.#addresses = addresses
    this.#holdings = new Holdings(mostAddresses)
    this.#leasesOf = new RowLists(this.#holdings.table, this.#table)
  }

  get size(): number {
    return this.#table.size
  }

  rows(): Generator<number> {
    return this.#table.rows()
  }

  rowsAndAdded(): Generator<number> {
    return this.#table.rowsAndAdded()
  }

  /** How many leases a payer has. */
  countOf(payer: string): number {
    return this.#holdings.countOf(payer)
  }

  /** By source, not by client: of a client known by a prefix, each source has elements of its own. */
  find(holder: Holder): number {
    const holding = this.#holdings.find(holder)
    const address = this.#addresses.numberOf(holder.address)
    if (holding === NONE || address === NONE) return NONE
    const { columns } = this.#table
    let lease = this.#table.first(hashOf(holding, address))
    while (lease !== NONE && !(columns.holding[lease] === holding && columns.address[lease] === address)) lease = this.#table.after(lease)
    return lease
  }

  /** One that is not there yet. */
  add(grant: Grant): number {
    const holding = this.#holdings.take(grant)
    const address = this.#addresses.hold(grant.address)
    const lease = this.#table.add(hashOf(holding, address))
    const { columns } = this.#table
    columns.holding[lease] = holding
    columns.address[lease] = address
    columns.until[lease] = grant.until
    columns.freshUntil[lease] = grant.freshUntil
    columns.confirmedUntil[lease] = grant.confirmedUntil
    this.#leasesOf.append(holding, lease)
    return lease
  }

  /** A shorter time never shortens. */
  lengthen(lease: number, grant: Grant): void {
    const { until, freshUntil, confirmedUntil } = this.#table.columns
    until[lease] = Math.max(until[lease]!, grant.until)
    freshUntil[lease] = Math.max(freshUntil[lease]!, grant.freshUntil)
    confirmedUntil[lease] = Math.max(confirmedUntil[lease]!, grant.confirmedUntil)
  }

  remove(lease: number): void {
    const { holding, address } = this.#table.columns
    this.#leasesOf.remove(holding[lease]!, lease)
    this.#holdings.release(holding[lease]!)
    this.#addresses.release(address[lease]!)
    this.#table.remove(lease)
  }

  /**
   * Of names with more addresses than they may have since the last call, those that end first: they were opened, or used, the longest time
   * ago. Those of `spared` only where there are no others.
   */
  takeSurplus(spared: Iterable<Holder>): readonly number[] {
    const overfull = this.#holdings.takeOverfull()
    if (overfull.length === 0) return []
    const { until } = this.#table.columns
    const last = new Set(Iterator.from(spared).map((holder) => this.find(holder)))
    const order = (one: number, other: number) => Number(last.has(one)) - Number(last.has(other)) || until[one]! - until[other]!
    return overfull.flatMap(({ holding, surplus }) => [...this.#leasesOf.rows(holding)].sort(order).slice(0, surplus))
  }

  untilOf(lease: number): number {
    return this.#table.columns.until[lease]!
  }

  sourceOf(lease: number): Address {
    return this.#holdings.sourceOf(this.#table.columns.holding[lease]!)
  }

  nameOf(lease: number): Name {
    return this.#holdings.nameOf(this.#table.columns.holding[lease]!)
  }

  grantOf(lease: number): Grant {
    const { holding, address, until, freshUntil, confirmedUntil } = this.#table.columns
    return {
      clientId: this.#holdings.clientIdOf(holding[lease]!),
      payer: this.#holdings.payerOf(holding[lease]!),
      source: this.sourceOf(lease),
      name: this.nameOf(lease),
      address: this.#addresses.textOf(address[lease]!),
      until: until[lease]!,
      freshUntil: freshUntil[lease]!,
      confirmedUntil: confirmedUntil[lease]!,
    }
  }
}
