import { readFileSync } from 'node:fs'
import type { ResolverConfig } from '../config/config.ts'
import { parseName } from '../dns/name.ts'
import { canBatch } from '../linux/datagram/batch.ts'
import { openConnected } from '../linux/datagram/connected.ts'
import type { UpstreamOptions } from '../upstream/upstream.ts'
import { StartError } from './start-error.ts'

/** From the settings to what the upstream room wants. Throws StartError if the file of authorities cannot be read. */
export function upstreamOptions({ upstreams, suffixes, bootstrap, authorities, batching }: ResolverConfig) {
  return {
    specs: upstreams,
    suffixes: new Map(suffixes.map(({ suffix, upstreams: own }) => [parseName(suffix), own])),
    bootstrap,
    authorities: authorities === undefined ? undefined : readAuthorities(authorities),
    openSocket: batching === 'auto' && canBatch ? openConnected : undefined,
  } satisfies Partial<UpstreamOptions>
}

function readAuthorities(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new StartError(`resolver.authorities: ${file} cannot be read: ${(cause as NodeJS.ErrnoException).code}`)
  }
}
