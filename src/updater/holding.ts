// Who holds how much: how many leases each payer, and which of them each name of a source.

import type { Address } from '../net/address.ts'
import { FlatTable, hashOf, NONE } from './flat-table.ts'
import { Interned } from './interned.ts'
import type { Grant, Holder, Name } from './lease.ts'

/** Whose a lease is. */
type Owned = Pick<Grant, 'clientId' | 'payer' | 'source' | 'name'>

/** A holding is a row: one name by which one source has addresses open, whose client and payer it keeps. Its leases are listed by `first` and `last`. */
export class Holdings {
  readonly table = new FlatTable({
    source: new Int32Array(),
    clientId: new Int32Array(),
    payer: new Int32Array(),
    name: new Int32Array(),
    count: new Int32Array(),
    first: new Int32Array(),
    last: new Int32Array(),
  })
  readonly #sources = new Interned<Address>()
  readonly #clientIds = new Interned<string>()
  /** Held once a lease, so that they are counted. */
  readonly #payers = new Interned<string>()
  readonly #names = new Interned<Name>()
  readonly #mostAddresses: number
  readonly #overfull = new Set<number>()

  constructor(mostAddresses: number) {
    this.#mostAddresses = mostAddresses
  }

  /** How many leases a payer has. */
  countOf(payer: string): number {
    return this.#payers.countOf(payer)
  }

  sourceOf(holding: number): Address {
    return this.#sources.textOf(this.table.columns.source[holding]!)
  }

  clientIdOf(holding: number): string {
    return this.#clientIds.textOf(this.table.columns.clientId[holding]!)
  }

  payerOf(holding: number): string {
    return this.#payers.textOf(this.table.columns.payer[holding]!)
  }

  nameOf(holding: number): Name {
    return this.#names.textOf(this.table.columns.name[holding]!)
  }

  find(holder: Pick<Holder, 'source' | 'name'>): number {
    const [source, name] = [this.#sources.numberOf(holder.source), this.#names.numberOf(holder.name)]
    if (source === NONE || name === NONE) return NONE
    const { table } = this
    let row = table.first(hashOf(source, name))
    while (row !== NONE && !(table.columns.source[row] === source && table.columns.name[row] === name)) row = table.after(row)
    return row
  }

  /** Counts one lease more. A new holding has an empty list. */
  take(owned: Owned): number {
    const known = this.find(owned)
    const payer = this.#payers.hold(known === NONE ? owned.payer : this.payerOf(known))
    const holding = known === NONE ? this.#add(owned, payer) : known
    if (++this.table.columns.count[holding]! > this.#mostAddresses) this.#overfull.add(holding)
    return holding
  }

  /** Counts one lease less; without any, the holding is gone. */
  release(holding: number): void {
    const { source, clientId, payer, name, count } = this.table.columns
    this.#payers.release(payer[holding]!)
    if (--count[holding]! > 0) return
    this.#sources.release(source[holding]!)
    this.#clientIds.release(clientId[holding]!)
    this.#names.release(name[holding]!)
    this.#overfull.delete(holding)
    this.table.remove(holding)
  }

  /** Those with more addresses than they may have since the last call, and how many more. */
  takeOverfull(): readonly { readonly holding: number; readonly surplus: number }[] {
    if (this.#overfull.size === 0) return []
    const overfull = [...this.#overfull].map((holding) => ({ holding, surplus: this.table.columns.count[holding]! - this.#mostAddresses }))
    this.#overfull.clear()
    return overfull.filter(({ surplus }) => surplus > 0)
  }

  #add(owned: Owned, payer: number): number {
    const [source, name] = [this.#sources.hold(owned.source), this.#names.hold(owned.name)]
    const row = this.table.add(hashOf(source, name))
    const { columns } = this.table
    columns.source[row] = source
    columns.clientId[row] = this.#clientIds.hold(owned.clientId)
    columns.payer[row] = payer
    columns.name[row] = name
    columns.count[row] = 0
    columns.first[row] = NONE
    columns.last[row] = NONE
    return row
  }
}
