import type { Name } from '../dns/name.ts'
import { TYPE } from '../dns/vocabulary.ts'
import { formatEndpoint } from '../net/endpoint.ts'
import type { Directory } from './directory.ts'
import { UpstreamError } from './error.ts'
import { createLoopProbes } from './loop.ts'
import type { Server } from './server.ts'

/** A server that forwards to us is left out for so long; a silent one is not probed again before. */
const LOOP_MEMORY_MS = 60_000
const PROBE_TIMEOUT_MS = 1_000

/** Who is asked first, and who is not asked at all. */
export interface Roster {
  /** The server that answered last comes first, then the order of the settings; without those that forward to us. */
  candidates(): readonly Server[]
  hasAnswered(server: Server): void
  /** It may be that the server waits for us while we wait for it. */
  wasSilent(server: Server): void
  isLoopProbe(name: Name): boolean
  /** Whether it may still be asked: not since found to forward to us, or gone from the settings. */
  isUsable(server: Server): boolean
}

/** @param onLoop called when a server turns out to forward to us */
export function createRoster(directory: Directory, onLoop: (server: string) => void): Roster {
  const probes = createLoopProbes()
  const loopsUntil = new WeakMap<Server, number>()
  const probedUntil = new WeakMap<Server, number>()
  let lastGood: Server | undefined

  const isUsable = (server: Server) => directory.servers.includes(server) && performance.now() >= (loopsUntil.get(server) ?? 0)

  function candidates(): readonly Server[] {
    const usable = directory.servers.filter(isUsable)
    return lastGood === undefined || !usable.includes(lastGood) ? usable : [lastGood, ...usable.filter((server) => server !== lastGood)]
  }

  function wasSilent(server: Server): void {
    if (performance.now() < (probedUntil.get(server) ?? 0)) return
    probedUntil.set(server, performance.now() + LOOP_MEMORY_MS)
    void probe(server)
  }

  async function probe(server: Server): Promise<void> {
    const name = probes.issue(() => {
      loopsUntil.set(server, performance.now() + LOOP_MEMORY_MS)
      onLoop(formatEndpoint(server.endpoint))
    })
    try {
      await server.exchange({ name, type: TYPE.A, dnssecOk: false, checkingDisabled: false }, PROBE_TIMEOUT_MS)
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error
    } finally {
      probes.withdraw(name)
    }
  }

  return {
    candidates,
    hasAnswered(server) {
      lastGood = server
    },
    wasSilent,
    isLoopProbe: probes.recognize,
    isUsable,
  }
}
