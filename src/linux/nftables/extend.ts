// Making an element live longer. A plain re-add does not: before Linux 6.12 it never does, from then on only with an expiration of its own.
import type { TableRef } from './message.ts'
import type { Probes } from './probe.ts'
import type { NewElement, Transaction } from './transaction.ts'

/**
 * Gives an element that is in the set a new timeout and, where `rewrite` asks for it, a new comment; at no instant is it absent.
 * A shorter timeout than what is left would shorten its life: always give the longer of the two.
 */
export function extendElement(
  transaction: Transaction,
  probes: Probes,
  table: TableRef,
  set: string,
  element: NewElement,
  rewrite: boolean,
): void {
  if (probes.extends && !rewrite) {
    transaction.addElement(table, set, { ...element, expirationMs: element.timeoutMs })
    return
  }
  // The first add makes the delete safe if the element has just run out.
  transaction.addElement(table, set, element)
  transaction.deleteElement(table, set, element.key, element.keyEnd)
  transaction.addElement(table, set, element)
}
