/** An address and port to listen on. A link-local address carries its zone: "fe80::1%eth0". Port 0: any that is free. */
export interface ServerEndpoint {
  readonly address: string
  readonly port: number
}

export function isIpv6({ address }: ServerEndpoint): boolean {
  return address.includes(':')
}

/** Whoever asks there is in this network namespace, and never sees frames. */
export function isLoopback({ address }: ServerEndpoint): boolean {
  return address === '::1' || address.startsWith('127.')
}

export function showEndpoint(endpoint: ServerEndpoint): string {
  return isIpv6(endpoint) ? `[${endpoint.address}]:${endpoint.port}` : `${endpoint.address}:${endpoint.port}`
}

/** An endpoint could not be opened. The message says what to do about it. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
  readonly endpoint: ServerEndpoint
  readonly code: string

  constructor(endpoint: ServerEndpoint, cause: NodeJS.ErrnoException) {
    const code = cause.code ?? 'unknown error'
    super(`cannot listen on ${showEndpoint(endpoint)}: ${ADVICE[code] ?? cause.message}`, { cause })
    this.endpoint = endpoint
    this.code = code
  }
}

const ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process has this port; stop it ("ss -lnptu" shows it), or set resolver.listen to another address or port',
  EACCES: 'ports below 1024 need root or CAP_NET_BIND_SERVICE; set resolver.listen to a higher port otherwise',
  EADDRNOTAVAIL: 'no interface of this host has this address (yet); check resolver.listen',
  EAFNOSUPPORT: 'this host does not have this address family; remove the address from resolver.listen',
}
