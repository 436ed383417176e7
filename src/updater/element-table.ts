// The elements that leases hold, and who holds which. An element without holders stays until it is removed.

import type { Address } from '../net/address.ts'
import type { Access } from '../net/port.ts'
import { FlatTable, hashOf, NONE } from './flat-table.ts'
import { Interned } from './interned.ts'
import type { ElementSpec, Target } from './lease.ts'
import { RowLists } from './row-list.ts'

const PROTOCOLS = ['any', 'tcp', 'udp', 'icmp'] as const

export class ElementTable {
  readonly #table = new FlatTable({
    target: new Int32Array(),
    client: new Int32Array(),
    destination: new Int32Array(),
    protocol: new Int32Array(),
    ports: new Int32Array(),
    until: new Float64Array(),
    holders: new Int32Array(),
    first: new Int32Array(),
    last: new Int32Array(),
  })
  /** A row for each pair of a lease and an element that it holds. */
  readonly #holds = new FlatTable({
    lease: new Int32Array(),
    element: new Int32Array(),
    next: new Int32Array(),
    previous: new Int32Array(),
  })
  readonly #holders = new RowLists(this.#table, this.#holds)
  /** By row: the comments as last written. */
  readonly #comments: string[] = []
  readonly #clients = new Interned<Address>()
  readonly #destinations: Interned<Address>
  readonly #targets: Target[] = []
  /** How many elements each target has. */
  readonly #counts: number[] = []

  readonly #mostOfTarget: number

  /**
   * @param destinations shared with whoever has the same ones
   * @param mostOfTarget where a set has so many, there is no room for others
   */
  constructor(destinations: Interned<Address>, mostOfTarget: number) {
    this.#destinations = destinations
    this.#mostOfTarget = mostOfTarget
  }

  get size(): number {
    return this.#table.size
  }

  /** Sets are bounded each for itself: this one is full first. */
  get fullestSetSize(): number {
    return Math.max(0, ...this.#counts)
  }

  rows(): Generator<number> {
    return this.#table.rows()
  }

  specOf(element: number): ElementSpec {
    const { target, client, destination, protocol, ports } = this.#table.columns
    const lease = {
      client: client[element] === NONE ? undefined : this.#clients.textOf(client[element]!),
      destination: this.#destinations.textOf(destination[element]!),
      ports: { protocol: PROTOCOLS[protocol[element]!], first: ports[element]! >>> 16, last: ports[element]! & 0xffff } as Access,
    }
    return { target: this.#targets[target[element]!]!, lease }
  }

  untilOf(element: number): number {
    return this.#table.columns.until[element]!
  }

  setUntil(element: number, until: number): void {
    this.#table.columns.until[element] = until
  }

  commentOf(element: number): string {
    return this.#comments[element]!
  }

  setComment(element: number, comment: string): void {
    this.#comments[element] = comment
  }

  find({ target, lease: { client, destination, ports } }: ElementSpec): number {
    const targetNumber = this.#targets.indexOf(target)
    const destinationNumber = this.#destinations.numberOf(destination)
    const clientNumber = client === undefined ? NONE : this.#clients.numberOf(client)
    if (targetNumber < 0 || destinationNumber === NONE || (client !== undefined && clientNumber === NONE)) return NONE
    return this.#find(targetNumber, clientNumber, destinationNumber, ports)
  }

  findOrAdd(spec: ElementSpec): number {
    const known = this.find(spec)
    return known === NONE ? this.#add(spec) : known
  }

  /** Is it there, or may it come? */
  hasRoomFor(spec: ElementSpec): boolean {
    return this.find(spec) !== NONE || (this.#counts[this.#targets.indexOf(spec.target)] ?? 0) < this.#mostOfTarget
  }

  remove(element: number): void {
    const { target, client, destination } = this.#table.columns
    this.#counts[target[element]!]!--
    this.#destinations.release(destination[element]!)
    if (client[element] !== NONE) this.#clients.release(client[element]!)
    this.#comments[element] = ''
    this.#table.remove(element)
  }

  isHeld(element: number): boolean {
    return !this.#holders.isEmpty(element)
  }

  holderCountOf(element: number): number {
    return this.#table.columns.holders[element]!
  }

  /** The leases that hold it, in the order in which they came. */
  *holdersOf(element: number): Generator<number> {
    for (const hold of this.#holders.rows(element)) yield this.#holds.columns.lease[hold]!
  }

  isHeldBy(element: number, lease: number): boolean {
    return this.#holdOf(lease, element) !== NONE
  }

  hold(element: number, lease: number): void {
    if (this.isHeldBy(element, lease)) return
    const hold = this.#holds.add(hashOf(lease))
    this.#holds.columns.lease[hold] = lease
    this.#holds.columns.element[hold] = element
    this.#holders.append(element, hold)
    this.#table.columns.holders[element]!++
  }

  /** What a lease holds, in no order. */
  heldBy(lease: number): readonly number[] {
    const elements: number[] = []
    for (let hold = this.#holds.first(hashOf(lease)); hold !== NONE; hold = this.#holds.after(hold)) {
      if (this.#holds.columns.lease[hold] === lease) elements.push(this.#holds.columns.element[hold]!)
    }
    return elements
  }

  letGo(element: number, lease: number): void {
    const hold = this.#holdOf(lease, element)
    this.#holders.remove(element, hold)
    this.#holds.remove(hold)
    this.#table.columns.holders[element]!--
  }

  /** By lease alone, so that what it holds are its neighbours. */
  #holdOf(lease: number, element: number): number {
    const { columns } = this.#holds
    let hold = this.#holds.first(hashOf(lease))
    while (hold !== NONE && !(columns.lease[hold] === lease && columns.element[hold] === element)) hold = this.#holds.after(hold)
    return hold
  }

  #find(target: number, client: number, destination: number, ports: Access): number {
    const { columns } = this.#table
    const [protocol, range] = [PROTOCOLS.indexOf(ports.protocol), rangeNumber(ports)]
    let row = this.#table.first(elementHash(target, client, destination, protocol, range))
    while (row !== NONE) {
      const isPair = columns.client[row] === client && columns.destination[row] === destination
      if (isPair && columns.target[row] === target && columns.protocol[row] === protocol && columns.ports[row] === range) break
      row = this.#table.after(row)
    }
    return row
  }

  #add({ target, lease: { client, destination, ports } }: ElementSpec): number {
    const targetNumber = this.#targetNumber(target)
    const destinationNumber = this.#destinations.hold(destination)
    const clientNumber = client === undefined ? NONE : this.#clients.hold(client)
    const [protocol, range] = [PROTOCOLS.indexOf(ports.protocol), rangeNumber(ports)]
    const row = this.#table.add(elementHash(targetNumber, clientNumber, destinationNumber, protocol, range))
    const { columns } = this.#table
    columns.target[row] = targetNumber
    columns.client[row] = clientNumber
    columns.destination[row] = destinationNumber
    columns.protocol[row] = protocol
    columns.ports[row] = range
    columns.until[row] = 0
    this.#holders.empty(row)
    columns.holders[row] = 0
    this.#comments[row] = ''
    this.#counts[targetNumber]!++
    return row
  }

  #targetNumber(target: Target): number {
    const known = this.#targets.indexOf(target)
    if (known >= 0) return known
    this.#counts.push(0)
    return this.#targets.push(target) - 1
  }
}

function rangeNumber({ first, last }: Access): number {
  return (first << 16) | last
}

function elementHash(target: number, client: number, destination: number, protocol: number, range: number): number {
  return hashOf(target * PROTOCOLS.length + protocol, client, destination, range)
}
