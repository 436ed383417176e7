// What the command line allows, as a zone file.

import type { Address } from '../net/address.ts'
import { ANY_PORTS, type PortRange } from '../net/port.ts'
import { isSingleAddress } from '../net/prefix.ts'
import { isSpecialPurpose } from '../net/special.ts'
import { allowInZone, type Destination, formatSubject, parseDestination } from '../zones/edit.ts'
import { parseZone } from '../zones/parse.ts'
import { HOST, HOST_NAME } from './plan.ts'

export interface Allowed {
  /** A zone file. */
  readonly text: string
  /** Is anything of the machine itself allowed? */
  readonly host: boolean
  /** Addresses that are named themselves, and on which ports. */
  readonly services: readonly Service[]
}

export interface Service {
  readonly address: Address
  readonly ports: readonly PortRange[]
}

/**
 * `NAME[:PORT]`, `ADDRESS[:PORT]`, `host:PORT` for a service of this machine, or a whole entry as zone files have it. Who names an
 * address of special purpose means it, so it is `private`. Throws DestinationError.
 */
export function allowedZone(destinations: readonly string[]): Allowed {
  let text = ''
  let host = false
  for (const written of destinations.map((each) => each.trim())) {
    if (/\s/.test(written)) {
      text += `${written}\n`
      continue
    }
    const destination = parseDestination(written)
    const isHost = isHostName(destination)
    const meant = isHost ? hostAt(destination) : destination
    text = withPrivate(allowInZone(text, meant, Date.now()), meant)
    host ||= isHost
  }
  return { text, host, services: servicesIn(text) }
}

function servicesIn(text: string): readonly Service[] {
  const { zone } = parseZone(text, { file: '--allow', tier: 'app' })
  return (zone?.prefixes ?? []).flatMap(({ kind, prefix, ports }) =>
    kind === 'allow' && isSingleAddress(prefix) ? [{ address: prefix.address, ports }] : [],
  )
}

function isHostName(destination: Destination): boolean {
  return destination.kind === 'name' && destination.pattern.name === HOST_NAME && !destination.pattern.wildcard
}

/** Without a port: all of them, for the machine has no usual one. */
function hostAt({ port = ANY_PORTS }: Destination): Destination {
  return { kind: 'prefix', prefix: { family: 4, address: HOST[4], length: 32 }, port }
}

function withPrivate(text: string, destination: Destination): string {
  if (destination.kind !== 'prefix' || !isSingleAddress(destination.prefix) || !isSpecialPurpose(destination.prefix.address)) return text
  const subject = formatSubject(destination)
  return text
    .split('\n')
    .map((line) => (line.split(' ')[0] === subject && !line.endsWith(' private') ? `${line} private` : line))
    .join('\n')
}
