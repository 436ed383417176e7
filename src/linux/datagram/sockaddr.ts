// struct sockaddr_in and sockaddr_in6: family in the machine's order, port and address in the network's.
import { encodeAddress, familyOf, parseAddress } from '../../net/address.ts'
import { check, libc } from '../libc.ts'

/** The larger of the two. */
export const SOCKADDR_OCTETS = 28
export const SOCKADDR_WORDS = SOCKADDR_OCTETS / 4

export const AF = { 4: 2, 6: 10 } as const
const OCTETS = { 4: 16, 6: 28 } as const
export const ADDRESS_OFFSET = { 4: 4, 6: 8 } as const
const ZONE_OFFSET = 24

/** "fe80::1%eth0" carries its zone. Throws SystemError where there is no such interface. */
export function encodeSockaddr(text: string, port: number): Uint8Array {
  const [plain, zone] = text.split('%') as [string, string?]
  const address = parseAddress(plain)
  if (address === undefined) throw new TypeError(`${JSON.stringify(text)} is no address`)
  const family = familyOf(address)
  const sockaddr = Buffer.alloc(OCTETS[family])
  sockaddr.set(new Uint8Array(Uint16Array.of(AF[family]).buffer))
  sockaddr.writeUInt16BE(port, 2)
  sockaddr.set(encodeAddress(address), ADDRESS_OFFSET[family])
  if (zone !== undefined) sockaddr.set(new Uint8Array(Uint32Array.of(zoneIndex(zone)).buffer), ZONE_OFFSET)
  return sockaddr
}

function zoneIndex(zone: string): number {
  return check('if_nametoindex', () => libc.if_nametoindex(zone) || -1)
}
