import type { Server } from './server.ts'

/** Assumed of a server that has not been measured. */
const UNKNOWN_MS = 100
const WORST_MS = 8_000
/** What a useless answer costs: as much as if the server were that much further away. */
const USELESS_MS = 25

/** How long each server is expected to take, from what it has taken. */
export interface Estimates {
  of(server: Server): number
  answered(server: Server, milliseconds: number): void
  /** It has taken so long already and there is no end of it. */
  isSlow(server: Server, milliseconds: number): void
  /** It could not say, or talked nonsense. */
  wasUseless(server: Server): void
  failed(server: Server): void
}

export function createEstimates(): Estimates {
  const estimates = new WeakMap<Server, number>()
  const down = new WeakSet<Server>()
  const of = (server: Server) => estimates.get(server) ?? UNKNOWN_MS
  const set = (server: Server, milliseconds: number) => void estimates.set(server, Math.min(milliseconds, WORST_MS))

  return {
    of,
    // Good news is believed sooner than bad, and at once of a server that had failed: what it was before says nothing any more.
    answered: (server, milliseconds) => {
      const weight = down.delete(server) ? 1 : milliseconds < of(server) ? 0.5 : 0.3
      set(server, of(server) * (1 - weight) + milliseconds * weight)
    },
    isSlow: (server, milliseconds) => set(server, Math.max(of(server), milliseconds * 2)),
    wasUseless: (server) => set(server, of(server) + USELESS_MS),
    failed: (server) => {
      down.add(server)
      set(server, Math.max(of(server) * 2, 1_000))
    },
  }
}
