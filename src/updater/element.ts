// Elements into and out of a transaction.

import { extendElement } from '../linux/nftables/extend.ts'
import type { ElementState, TableRef } from '../linux/nftables/nftables.ts'
import type { Probes } from '../linux/nftables/probe.ts'
import type { NewElement, Transaction } from '../linux/nftables/transaction.ts'
import { commentOf } from './comment.ts'
import type { Change, Element, ElementSpec, ElementWrite, Target } from './lease.ts'
import type { LeaseKey } from './ruleset/key.ts'

/** The kernel takes 0 for "never ends". */
const LEAST_TIMEOUT_MS = 1
/** How far the kernel's clock and ours may be apart before a difference is one. */
const TOLERANCE_MS = 1500

/** Equal for equal elements: the set and the octets of the key. */
function elementId(target: Target, key: Uint8Array): string {
  return `${target.id} ${Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')}`
}

export function targetId(table: TableRef, set: string): string {
  return `${table.family} ${table.name} ${set}`
}

export function specOf(target: Target, key: Uint8Array, lease: LeaseKey): ElementSpec {
  return { id: elementId(target, key), target, key, lease }
}

export function newElement({ spec, until, comment }: ElementWrite, now: number): NewElement {
  const { key, target } = spec
  return target.timeouts ? { key, comment, timeoutMs: Math.max(LEAST_TIMEOUT_MS, Math.ceil(until - now)) } : { key, comment }
}

/** Adds an element or lengthens its time; with `renew`, replaces it. At no instant is it absent, and whether it exists does not matter. */
export function putElement(transaction: Transaction, probes: Probes, write: ElementWrite, now: number): void {
  const { table, set, timeouts } = write.spec.target
  const element = newElement(write, now)
  if (timeouts || write.renew) extendElement(transaction, probes, table, set, element, write.renew)
  else transaction.addElement(table, set, element)
}

/** Removes an element, whether or not the kernel has dropped it meanwhile. */
export function removeElement(transaction: Transaction, probes: Probes, { target: { table, set }, key }: Change['remove'][number]): void {
  if (probes.destroys) return transaction.destroyElement(table, set, key)
  transaction.addElement(table, set, { key })
  transaction.deleteElement(table, set, key)
}

/** From what a set holds to what it should. `wanted` are elements of `target` alone, `present` those of its elements that are ours. */
export function compare(target: Target, wanted: readonly Element[], present: readonly ElementState[], now: number): Change {
  const missing = new Map(wanted.map((element) => [element.spec.id, element]))
  const put: ElementWrite[] = []
  const remove: Change['remove'][number][] = []
  for (const state of present) {
    const id = elementId(target, state.key)
    const element = missing.get(id)
    if (element === undefined) remove.push({ target, key: state.key })
    else if (!isSame(element, state, now)) put.push(writeOf(element, true))
    missing.delete(id)
  }
  for (const element of missing.values()) put.push(writeOf(element, false))
  return { put, remove }
}

export function writeOf(element: Element, renew: boolean): ElementWrite {
  return { spec: element.spec, until: element.until, comment: commentOf(element), renew }
}

function isSame(element: Element, state: ElementState, now: number): boolean {
  if (state.comment !== commentOf(element)) return false
  return state.expiresMs === undefined || Math.abs(now + state.expiresMs - element.until) <= TOLERANCE_MS
}
