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
  opened(leaseSeconds: number): void
  failed(error: LeaseError): void
}

export interface WaitingRoom {
  readonly size: number
  /** Those that have begun. */
  requests(): readonly OpenRequest[]
  add(waiting: Waiting): void
  /** Its turn has come. */
  begin(id: number): void
  has(id: number): boolean
  /** Undefined when its deadline has passed meanwhile. */
  take(id: number): Waiting | undefined
  close(): void
}

/** All wait equally long, so the first to come is the first to go, and one timer serves them all. */
export function createWaitingRoom(deadlineMs: number, now: () => number, onDeadline: (waiting: Waiting) => void): WaitingRoom {
  const room = new Map<number, Waiting>()
  const begun = new Set<number>()
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
      take(id)
      onDeadline(waiting)
      waiting.failed(new LeaseError('deadline', `the updater did not confirm ${waiting.request.name} within ${deadlineMs} ms`))
    }
    arm()
  }

  function take(id: number): Waiting | undefined {
    const waiting = room.get(id)
    room.delete(id)
    begun.delete(id)
    return waiting
  }

  function close(): void {
    clearTimeout(timer)
    const left = [...room.values()]
    room.clear()
    for (const waiting of left) waiting.failed(new LeaseError('closed', 'the resolver is stopping'))
    begun.clear()
  }

  return {
    get size() {
      return room.size
    },
    requests: () => [...begun].map((id) => room.get(id)!.request),
    add: (waiting) => {
      room.set(waiting.request.id, waiting)
      arm()
    },
    begin: (id) => void begun.add(id),
    has: (id) => room.has(id),
    take,
    close,
  }
}
