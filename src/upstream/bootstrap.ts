// The addresses of upstreams that the settings give by name. They are asked of plain servers directly, never through our own policy.

import { decodeAnswer } from '../dns/answer.ts'
import { type Name, WireError } from '../dns/name.ts'
import { RcodeError } from '../dns/response.ts'
import { TYPE } from '../dns/vocabulary.ts'
import type { Address } from '../net/address.ts'
import { UpstreamError } from './error.ts'
import { exchangeWith, type Server } from './server.ts'

const TIMEOUT_MS = 1_500
const LEAST_SECONDS = 60

export interface Bootstrap {
  /** What the first server that answers says, both families; until that expires, from memory. What was known stays known where nobody answers. */
  addressesOf(name: Name): Promise<readonly Address[]>
}

interface Known {
  readonly addresses: readonly Address[]
  readonly expiresAt: number
}

export function createBootstrap(servers: () => readonly Server[]): Bootstrap {
  const known = new Map<Name, Known>()
  const underway = new Map<Name, Promise<readonly Address[]>>()

  function addressesOf(name: Name): Promise<readonly Address[]> {
    const earlier = known.get(name)
    if (earlier !== undefined && performance.now() < earlier.expiresAt) return Promise.resolve(earlier.addresses)
    const asked = underway.get(name) ?? find(name).finally(() => underway.delete(name))
    underway.set(name, asked)
    return asked
  }

  async function find(name: Name): Promise<readonly Address[]> {
    for (const server of servers()) {
      const answers = await Promise.all([TYPE.A, TYPE.AAAA].map((type) => ask(server, name, type)))
      const addresses = answers.flatMap((answer) => answer?.addresses ?? [])
      if (addresses.length === 0) continue
      const ttlSeconds = Math.min(...answers.map((answer) => answer?.ttlSeconds ?? LEAST_SECONDS))
      known.set(name, { addresses, expiresAt: performance.now() + Math.max(ttlSeconds, LEAST_SECONDS) * 1000 })
      return addresses
    }
    return known.get(name)?.addresses ?? []
  }

  return { addressesOf }
}

async function ask(server: Server, name: Name, type: number) {
  const question = { name, type, dnssecOk: false }
  try {
    return await exchangeWith(server, question, TIMEOUT_MS, (message) => decodeAnswer(message, question))
  } catch (error) {
    if (error instanceof UpstreamError || error instanceof WireError || error instanceof RcodeError) return undefined
    throw error
  }
}
