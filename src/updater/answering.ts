// By which policy the resolvers at the socket answer.

import type { Socket } from 'node:net'

export interface Answering {
  note(resolver: Socket, revision: string): void
  forget(resolver: Socket): void
  /** Waits until a resolver answers by that revision. False: none does by then. */
  until(revision: string, patienceMs: number): Promise<boolean>
}

export function createAnswering(): Answering {
  const revisions = new Map<Socket, string>()
  const waiting = new Set<() => void>()

  function isAnswering(revision: string): boolean {
    return revisions.values().some((each) => each === revision)
  }

  function until(revision: string, patienceMs: number): Promise<boolean> {
    if (isAnswering(revision)) return Promise.resolve(true)
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const look = () => void (isAnswering(revision) && settle(true))
    const timer = setTimeout(() => settle(false), patienceMs)
    const settle = (isThere: boolean): void => {
      clearTimeout(timer)
      waiting.delete(look)
      resolve(isThere)
    }
    waiting.add(look)
    return promise
  }

  return {
    note: (resolver, revision) => {
      revisions.set(resolver, revision)
      for (const look of [...waiting]) look()
    },
    forget: (resolver) => void revisions.delete(resolver),
    until,
  }
}
