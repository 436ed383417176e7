// Elements into and out of a transaction.

import { extendElement } from '../linux/nftables/extend.ts'
import type { ElementState, TableRef } from '../linux/nftables/nftables.ts'
import type { Probes } from '../linux/nftables/probe.ts'
import type { NewElement, Transaction } from '../linux/nftables/transaction.ts'
import { parseComment } from './comment.ts'
import type { FoundElement } from './firewall.ts'
import type { Change, Element, ElementSpec, ElementWrite, Target } from './lease.ts'

/** The kernel takes 0 for "never ends". */
const LEAST_TIMEOUT_MS = 1
/** How far the kernel's clock and ours may be apart before a difference is one. */
const TOLERANCE_MS = 1500

export function targetId(table: TableRef, set: string): string {
  return `${table.family} ${table.name} ${set}`
}

export function newElement({ spec, until, comment }: ElementWrite, now: number): NewElement {
  const { target, lease } = spec
  const key = target.encodeKey(lease)
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
export function removeElement(transaction: Transaction, probes: Probes, element: Change['remove'][number]): void {
  const { table, set } = element.target
  const key = 'key' in element ? element.key : element.target.encodeKey(element.lease)
  if (probes.destroys) return transaction.destroyElement(table, set, key)
  transaction.addElement(table, set, { key })
  transaction.deleteElement(table, set, key)
}

/** An element of ours as it was found. */
export function foundElement(spec: ElementSpec, { comment = '' }: ElementState, until: number): FoundElement {
  return { spec, comment, names: parseComment(comment, spec.target.commentPrefix) ?? [], until }
}

/** Is it there as it should be? */
export function isAsWritten({ spec, until, comment }: Element, found: FoundElement): boolean {
  return comment === found.comment && (!spec.target.timeouts || Math.abs(found.until - until) <= TOLERANCE_MS)
}

/** From what a set holds to what it should. `wanted` are elements of `target` alone, `present` those of its elements that are ours. */
export function compare(target: Target, wanted: readonly Element[], present: readonly ElementState[], now: number): Change {
  const missing = new Map(wanted.map((element) => [textOf(target.encodeKey(element.spec.lease)), element]))
  const put: ElementWrite[] = []
  const remove: Change['remove'][number][] = []
  for (const state of present) {
    const text = textOf(state.key)
    const element = missing.get(text)
    if (element === undefined) remove.push({ target, key: state.key })
    else if (!isSame(element, state, now)) put.push(writeOf(element, true))
    missing.delete(text)
  }
  for (const element of missing.values()) put.push(writeOf(element, false))
  return { put, remove }
}

export function writeOf({ spec, until, comment }: Element, renew: boolean): ElementWrite {
  return { spec, until, comment, renew }
}

function isSame(element: Element, state: ElementState, now: number): boolean {
  if (state.comment !== element.comment) return false
  return state.expiresMs === undefined || Math.abs(now + state.expiresMs - element.until) <= TOLERANCE_MS
}

/** Octets as a key of a map. */
function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')
}
