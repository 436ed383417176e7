import { networkInterfaces } from 'node:os'
import { type Endpoint, formatEndpoint } from '../net/endpoint.ts'

const UNSPECIFIED: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

/** Whether what is sent to `endpoint` would arrive at one of the addresses that we listen on. */
export function isOwnEndpoint(endpoint: Endpoint, listening: readonly Endpoint[]): boolean {
  const sent = formatEndpoint(endpoint)
  return listening.some((own) => {
    if (formatEndpoint(own) === sent) return true
    return own.port === endpoint.port && UNSPECIFIED.has(own.address) && isLocalAddress(endpoint.address)
  })
}

function isLocalAddress(address: string): boolean {
  if (address.startsWith('127.')) return true
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some((local) => local.address === address))
}
