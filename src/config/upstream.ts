// How upstreams are written: "system", addresses, tls:// and https:// URLs.

import { parseAddress } from '../net/address.ts'
import { parseEndpoint } from '../net/endpoint.ts'
import type { SecureSetting, UpstreamSetting } from './config.ts'

const DNS_PORT = 53
/** RFC 7858 section 3.1. */
const TLS_PORT = 853
const HTTPS_PORT = 443
/** Where most servers have it (RFC 8484 section 4.1.1 leaves it open). */
const USUAL_PATH = '/dns-query'

export const UPSTREAM_NOTATION =
  '"system" or an address with or without port, or an encrypted upstream as tls://192.0.2.1#dns.example, tls://dns.example or https://dns.example/dns-query'

/** Undefined: none of these forms. */
export function parseUpstream(text: string): UpstreamSetting | undefined {
  if (text === 'system') return { kind: 'system' }
  if (text.startsWith('tls://') || text.startsWith('https://')) return parseUrl(text)
  const endpoint = parseEndpoint(text, DNS_PORT)
  return endpoint && { kind: 'plain', endpoint }
}

/** Behind "#" stands the name that the certificate must be for, where the host is an address. */
function parseUrl(text: string): UpstreamSetting | undefined {
  const url = URL.parse(text)
  if (/\s/.test(text) || url === null || url.hostname === '') return undefined
  if (url.username !== '' || url.password !== '' || url.search !== '') return undefined
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  const address = parseAddress(host)
  const name = url.hash === '' ? host : url.hash.slice(1).toLowerCase()
  if (!isHostName(name) && (name !== host || address === undefined)) return undefined
  if (url.hash !== '' && address === undefined) return undefined
  const port = (defaultPort: number) => (url.port === '' ? defaultPort : Number(url.port))
  const setting = (defaultPort: number): SecureSetting => ({ label: text, name, port: port(defaultPort), address })
  if (url.protocol === 'https:') return { kind: 'https', ...setting(HTTPS_PORT), path: url.pathname === '/' ? USUAL_PATH : url.pathname }
  return url.pathname === '' || url.pathname === '/' ? { kind: 'tls', ...setting(TLS_PORT) } : undefined
}

/** The last label of a name is never a number: that is a mistyped address. */
export function isHostName(text: string): boolean {
  return text.length <= 253 && /^([a-z0-9_][a-z0-9_-]{0,62}\.)*(?!\d+$)[a-z0-9_][a-z0-9_-]{0,62}$/.test(text)
}
