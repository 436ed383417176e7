// By which policy the resolvers at the socket answer, and for which they are ready.

import type { Socket } from 'node:net'

export interface Answering {
  /** It answers by that revision from now on. */
  note(resolver: Socket, revision: string): void
  /** It answers by that revision as soon as that is in force. */
  noteReady(resolver: Socket, revision: string): void
  forget(resolver: Socket): void
  /** Waits until a resolver answers by that revision. False: none does by then. */
  until(revision: string, patienceMs: number): Promise<boolean>
  /** Waits until whoever answers is ready for that revision; nobody who does not answer is waited for. False: somebody is not by then. */
  untilReady(revision: string, patienceMs: number): Promise<boolean>
}

interface Standpoint {
  readonly answering?: string
  readonly ready?: string
}

export function createAnswering(): Answering {
  const standpoints = new Map<Socket, Standpoint>()
  const waiting = new Set<() => void>()

  function change(resolver: Socket, news: Standpoint): void {
    standpoints.set(resolver, { ...standpoints.get(resolver), ...news })
    look()
  }

  function look(): void {
    for (const each of [...waiting]) each()
  }

  function wait(isSo: () => boolean, patienceMs: number): Promise<boolean> {
    if (isSo()) return Promise.resolve(true)
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const lookOnce = () => void (isSo() && settle(true))
    const timer = setTimeout(() => settle(false), patienceMs)
    const settle = (isThere: boolean): void => {
      clearTimeout(timer)
      waiting.delete(lookOnce)
      resolve(isThere)
    }
    waiting.add(lookOnce)
    return promise
  }

  function isReady({ answering, ready }: Standpoint, revision: string): boolean {
    return answering === undefined || answering === revision || ready === revision
  }

  return {
    note: (resolver, answering) => change(resolver, { answering }),
    noteReady: (resolver, ready) => change(resolver, { ready }),
    forget: (resolver) => {
      standpoints.delete(resolver)
      look()
    },
    until: (revision, patienceMs) => wait(() => standpoints.values().some(({ answering }) => answering === revision), patienceMs),
    untilReady: (revision, patienceMs) => wait(() => standpoints.values().every((each) => isReady(each, revision)), patienceMs),
  }
}
