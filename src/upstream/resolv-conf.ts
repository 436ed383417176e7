import { readFileSync } from 'node:fs'
import { type Endpoint, parseEndpoint } from '../net/endpoint.ts'

const DNS_PORT = 53
/** Where systemd-resolved listens (systemd-resolved.service(8)); the second is without its own cache and search lists. */
const RESOLVED_STUBS: ReadonlySet<string> = new Set(['127.0.0.53', '127.0.0.54'])

export interface ResolvConfFiles {
  readonly resolvConf: string
  /** The servers that systemd-resolved itself forwards to. */
  readonly resolvedServers: string
}

export const SYSTEM_FILES: ResolvConfFiles = { resolvConf: '/etc/resolv.conf', resolvedServers: '/run/systemd/resolve/resolv.conf' }

export interface SystemServers {
  readonly servers: readonly Endpoint[]
  /** What stands there but is no address that can be asked, such as one with a zone. */
  readonly unusable: readonly string[]
}

/**
 * The servers that this machine resolves with (resolv.conf(5)). Behind systemd-resolved's stub its own servers are meant,
 * because the stub may have been made to forward to us.
 */
export function readSystemServers(files: ResolvConfFiles = SYSTEM_FILES): SystemServers {
  const listed = nameserversIn(files.resolvConf)
  const behindStub = listed.some((address) => RESOLVED_STUBS.has(address)) ? nameserversIn(files.resolvedServers) : []
  const texts = behindStub.length > 0 ? behindStub : listed
  const parsed = texts.map((text) => parseEndpoint(text, DNS_PORT))
  return {
    servers: parsed.filter((endpoint) => endpoint !== undefined),
    unusable: texts.filter((_, index) => parsed[index] === undefined),
  }
}

function nameserversIn(file: string): string[] {
  const lines = readIfThere(file).split('\n')
  return lines.map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1]).filter((address) => address !== undefined)
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
