import { type Name, ROOT } from '../dns/name.ts'
import { TYPE } from '../dns/vocabulary.ts'
import type { Directory } from './directory.ts'
import { UpstreamError } from './error.ts'
import { createEstimates } from './estimates.ts'
import { createLoopProbes } from './loop.ts'
import { exchangeWith, type Server } from './server.ts'

/** A server that forwards to us is left out for so long; a silent one is not probed again before. */
const LOOP_MEMORY_MS = 60_000
const PROBE_TIMEOUT_MS = 1_000
/** A server that is not the first choice is measured this often while there is something to ask. */
const MEASURE_MS = 10_000
const LEAST_PATIENCE_MS = 60
const MOST_PATIENCE_MS = 400

/** Who is asked first, and who is not asked at all. */
export interface Roster {
  /** The fastest comes first; those that seem alike stand as in the settings. Without those that forward to us. */
  candidates(): readonly Server[]
  /** How long to wait for it before the next one is asked too. */
  patienceMs(server: Server): number
  hasAnswered(server: Server, milliseconds: number): void
  wasUseless(server: Server): void
  hasFailed(server: Server): void
  /** No answer for so long. It may be that the server waits for us while we wait for it. */
  isSilent(server: Server, milliseconds: number): void
  isLoopProbe(name: Name): boolean
  /** Whether it may still be asked: not since found to forward to us, or gone from the settings. */
  isUsable(server: Server): boolean
}

/** @param onLoop called when a server turns out to forward to us */
export function createRoster(directory: Directory, onLoop: (server: string) => void): Roster {
  const probes = createLoopProbes()
  const estimates = createEstimates()
  const loopsUntil = new WeakMap<Server, number>()
  const probedUntil = new WeakMap<Server, number>()
  const heardAt = new WeakMap<Server, number>()

  const isUsable = (server: Server) => directory.servers.includes(server) && !isLoop(server)

  /** Hardly ever, so the clock is mostly left alone. */
  function isLoop(server: Server): boolean {
    const until = loopsUntil.get(server)
    return until !== undefined && performance.now() < until
  }

  function candidates(): readonly Server[] {
    const usable = directory.servers.some(isLoop) ? directory.servers.filter(isUsable) : directory.servers
    if (usable.length < 2) return usable
    const sorted = usable.toSorted((one, other) => estimates.of(one) - estimates.of(other))
    for (const server of sorted.slice(1)) measureIfDue(server)
    return sorted
  }

  /** The slow and the dead are asked for something that everybody knows, so that they are noticed when they are well again. */
  function measureIfDue(server: Server): void {
    const now = performance.now()
    if (now - (heardAt.get(server) ?? Number.NEGATIVE_INFINITY) < MEASURE_MS) return
    heardAt.set(server, now)
    void measure(server, ROOT, TYPE.NS)
  }

  async function measure(server: Server, name: Name, type: number): Promise<void> {
    const startedAt = performance.now()
    try {
      await exchangeWith(server, { name, type, dnssecOk: false }, PROBE_TIMEOUT_MS, () => {})
      estimates.answered(server, performance.now() - startedAt)
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error
      estimates.failed(server)
    }
  }

  function isSilent(server: Server, milliseconds: number): void {
    estimates.isSlow(server, milliseconds)
    if (performance.now() < (probedUntil.get(server) ?? 0)) return
    probedUntil.set(server, performance.now() + LOOP_MEMORY_MS)
    void probeForLoop(server)
  }

  async function probeForLoop(server: Server): Promise<void> {
    const name = probes.issue(() => {
      loopsUntil.set(server, performance.now() + LOOP_MEMORY_MS)
      onLoop(server.label)
    })
    await measure(server, name, TYPE.A)
    probes.withdraw(name)
  }

  return {
    candidates,
    patienceMs: (server) => Math.ceil(Math.min(Math.max(2 * estimates.of(server), LEAST_PATIENCE_MS), MOST_PATIENCE_MS)),
    hasAnswered(server, milliseconds) {
      heardAt.set(server, performance.now())
      estimates.answered(server, milliseconds)
    },
    wasUseless: estimates.wasUseless,
    hasFailed: estimates.failed,
    isSilent,
    isLoopProbe: probes.recognize,
    isUsable,
  }
}
