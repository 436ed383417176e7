// Lists of rows of one table, one for each row of another: doubly linked, in the order in which they were appended.

import { type FlatTable, NONE } from './flat-table.ts'

export interface Owners {
  readonly first: Int32Array
  readonly last: Int32Array
}

export interface Members {
  readonly next: Int32Array
  readonly previous: Int32Array
}

export class RowLists {
  readonly #owners: Owners
  readonly #members: Members

  constructor(
    owners: FlatTable<Owners & Record<string, Int32Array | Float64Array>>,
    members: FlatTable<Members & Record<string, Int32Array | Float64Array>>,
  ) {
    this.#owners = owners.columns
    this.#members = members.columns
  }

  /** To be called for a new owner. */
  empty(owner: number): void {
    this.#owners.first[owner] = NONE
    this.#owners.last[owner] = NONE
  }

  isEmpty(owner: number): boolean {
    return this.#owners.first[owner] === NONE
  }

  append(owner: number, row: number): void {
    const last = this.#owners.last[owner]!
    this.#members.previous[row] = last
    this.#members.next[row] = NONE
    if (last === NONE) this.#owners.first[owner] = row
    else this.#members.next[last] = row
    this.#owners.last[owner] = row
  }

  remove(owner: number, row: number): void {
    const [previous, next] = [this.#members.previous[row]!, this.#members.next[row]!]
    if (previous === NONE) this.#owners.first[owner] = next
    else this.#members.next[previous] = next
    if (next === NONE) this.#owners.last[owner] = previous
    else this.#members.previous[next] = previous
  }

  *rows(owner: number): Generator<number> {
    for (let row = this.#owners.first[owner]!; row !== NONE; row = this.#members.next[row]!) yield row
  }
}
