// What one cached answer knows of its leases. Kept with the answer by the resolver; its meaning is ours.

import { ByClient } from '../by-client.ts'

/** Learned under no generation: nothing is open. No updater announces it. */
export const NO_GENERATION = -1

const CLIENTS_BEFORE_SWEEP = 64

export interface LeaseHolder {
  /** Client → the moment (ms) until which all addresses of the answer are open for it. */
  readonly openUntil: ByClient<number>
  /** The generation under which `openUntil` was learned. */
  generation: number
  /** The size at which clients whose leases have ended are swept out. */
  sweepAt: number
  /** Who has asked for it to be opened and waits, while anybody does. */
  underway: ByClient<Underway> | undefined
}

export interface Underway {
  /** By which it was judged: whoever asks under another is not told what the updater thinks of this one. */
  readonly revision: string
  readonly opened: Promise<void>
}

export function createLeaseHolder(): LeaseHolder {
  return { openUntil: new ByClient(), generation: NO_GENERATION, sweepAt: CLIENTS_BEFORE_SWEEP, underway: undefined }
}

/** Notes that the answer is open for a client; what was learned under another generation is forgotten. */
export function noteOpen(holder: LeaseHolder, client: string, until: number, generation: number, now: number): void {
  if (holder.generation !== generation) holder.openUntil.clear()
  holder.generation = generation
  holder.openUntil.set(client, Math.max(until, holder.openUntil.get(client) ?? 0))
  if (holder.openUntil.size >= holder.sweepAt) sweep(holder, now)
}

/** What the client asked under that revision is no longer waited for; under a later one it may have asked again. */
export function endUnderway(holder: LeaseHolder, client: string, revision: string): void {
  if (holder.underway?.get(client)?.revision !== revision) return
  holder.underway.delete(client)
  if (holder.underway.size === 0) holder.underway = undefined
}

/** Amortised: the next sweep waits until the number of live clients has doubled. */
function sweep(holder: LeaseHolder, now: number): void {
  holder.openUntil.deleteWhere((until) => until <= now)
  holder.sweepAt = Math.max(CLIENTS_BEFORE_SWEEP, holder.openUntil.size * 2)
}
