import { type Address, familyOf, parseAddress } from './address.ts'
import { LAST_PORT } from './port.ts'

/** An address and a port of either transport protocol. */
export interface Endpoint {
  readonly address: Address
  readonly port: number
}

const BRACKETED = /^\[([^\]]*)\](?::(\d{1,5}))?$/
const QUAD_WITH_PORT = /^([^:]*):(\d{1,5})$/

/** "192.0.2.1", "192.0.2.1:53", "2001:db8::1", "[2001:db8::1]" or "[2001:db8::1]:53"; ports from 1 to 65535. Undefined: none of these. */
export function parseEndpoint(text: string, defaultPort: number): Endpoint | undefined {
  const match = BRACKETED.exec(text) ?? QUAD_WITH_PORT.exec(text)
  const address = parseAddress(match?.[1] ?? text)
  const port = match?.[2] === undefined ? defaultPort : Number(match[2])
  if (address === undefined || port < 1 || port > LAST_PORT) return undefined
  if (text.startsWith('[') && familyOf(address) === 4) return undefined
  return { address, port }
}

/** "192.0.2.1:53", "[2001:db8::1]:53". */
export function formatEndpoint(endpoint: Endpoint): string {
  return familyOf(endpoint.address) === 6 ? `[${endpoint.address}]:${endpoint.port}` : `${endpoint.address}:${endpoint.port}`
}
