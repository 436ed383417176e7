// What the rules have recorded: refusals, what audit mode let through, what was begun.
import type { ElementState, Nftables } from '../../linux/nftables/nftables.ts'
import { ADDRESS_OCTETS, type Address, decodeAddress, type Family } from '../../net/address.ts'
import type { Protocol } from '../../net/port.ts'
import { type RulesetDescription, tableOf } from './description.ts'
import { decodePort } from './key.ts'
import { FAMILIES, RECORD_TIMEOUT_MS, type RecordKind } from './sets.ts'

/** Who began what. */
export interface RecordKey {
  /** Undefined under guard output. */
  readonly client: Address | undefined
  readonly destination: Address
  readonly protocol: Protocol
  readonly port: number
}

export interface Recorded extends RecordKey {
  readonly packets: number
  readonly octets: number
  readonly lastSeenAgoMs: number
}

/** Reads what is recorded, a slice a step: nothing in the moment in which somebody has deleted the table and it is not back. Packets add to it meanwhile: some may be missing, or there twice. */
export function* readRecords(nftables: Nftables, description: RulesetDescription, kind: RecordKind): Generator<readonly Recorded[]> {
  for (const family of FAMILIES) {
    const clientOctets = description.guard === 'forward' ? ADDRESS_OCTETS[family] : 0
    for (const elements of nftables.elementsInSlices(tableOf(description), `${kind}${family}`)) {
      yield elements.flatMap((element) => recordOf(element, family, clientOctets))
    }
  }
}

function recordOf({ key, packets, octets, expiresMs }: ElementState, family: Family, clientOctets: number): readonly Recorded[] {
  const ports = decodePort(key, clientOctets + ADDRESS_OCTETS[family])
  if (ports === undefined) return []
  const record = {
    client: clientOctets === 0 ? undefined : decodeAddress(key, 0, family),
    destination: decodeAddress(key, clientOctets, family),
    protocol: ports.protocol,
    port: ports.first,
    packets,
    octets,
    lastSeenAgoMs: RECORD_TIMEOUT_MS - (expiresMs ?? 0),
  }
  return [record]
}
