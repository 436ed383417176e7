// Requests that wait for the updater's word, each for so long and no longer.

import type { OpenRequest, RefusalReason } from './protocol.ts'

export type LeaseFailure = RefusalReason | 'deadline' | 'closed'

/** The addresses are not known to be open: the answer must not go out. */
export class LeaseError extends Error {
  override readonly name = 'LeaseError'
  readonly reason: LeaseFailure

  constructor(reason: LeaseFailure, message: string) {
    super(message)
    this.reason = reason
  }
}

export interface Waiting {
  readonly request: OpenRequest
  readonly since: number
  /** Has its turn come? */
  readonly hasBegun: boolean
}

export interface WaitingRoom<W extends Waiting> {
  readonly size: number
  /** Those that have begun. */
  requests(): readonly OpenRequest[]
  add(waiting: W): void
  has(id: number): boolean
  /** Undefined when its deadline has passed meanwhile. */
  take(id: number): W | undefined
  close(): void
}

/** All wait equally long, so the first to come is the first to go, and one timer serves them all. `onFailure`: at the deadline, or when the room is closed. */
export function createWaitingRoom<W extends Waiting>(
  deadlineMs: number,
  now: () => number,
  onFailure: (waiting: W, error: LeaseError) => void,
): WaitingRoom<W> {
  const room = new Map<number, W>()
  let timer: NodeJS.Timeout | undefined

  function arm(): void {
    if (timer !== undefined) return
    const [first] = room.values()
    if (first !== undefined) timer = setTimeout(expire, Math.max(0, first.since + deadlineMs - now()))
  }

  function expire(): void {
    timer = undefined
    for (const [id, waiting] of room) {
      if (waiting.since + deadlineMs > now()) break
      room.delete(id)
      onFailure(waiting, new LeaseError('deadline', `the updater did not confirm ${waiting.request.name} within ${deadlineMs} ms`))
    }
    arm()
  }

  function take(id: number): W | undefined {
    const waiting = room.get(id)
    room.delete(id)
    return waiting
  }

  function close(): void {
    clearTimeout(timer)
    const left = [...room.values()]
    room.clear()
    for (const waiting of left) onFailure(waiting, new LeaseError('closed', 'the resolver is stopping'))
  }

  return {
    get size() {
      return room.size
    },
    requests: () => [...room.values()].filter(({ hasBegun }) => hasBegun).map(({ request }) => request),
    add: (waiting) => {
      room.set(waiting.request.id, waiting)
      arm()
    },
    has: (id) => room.has(id),
    take,
    close,
  }
}
