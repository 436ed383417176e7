// What ping(8) does: an ICMP socket, which wants no privilege where net.ipv4.ping_group_range says so.
import koffi from 'koffi'
import { encodeAddress, familyOf, parseAddress } from '../../src/net/address.ts'
import type { Namespace } from './namespace.ts'
import { inNamespace } from './netns.ts'

const library = koffi.load(null)
const socket = library.func('int socket(int domain, int type, int protocol)')
const connect = library.func('int connect(int fd, const void *address, uint32_t length)')
const setsockopt = library.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)')
const send = library.func('intptr_t send(int fd, const void *octets, size_t length, int flags)')
const recv = library.func('intptr_t recv(int fd, _Out_ void *octets, size_t length, int flags)')
const close = library.func('int close(int fd)')

/** IPPROTO_ICMP and IPPROTO_ICMPV6; types of RFC 792 and RFC 4443. */
const KIND = { 4: { domain: 2, protocol: 1, request: 8, reply: 0 }, 6: { domain: 10, protocol: 58, request: 128, reply: 129 } } as const
const SOCK_DGRAM = 2
const [SOL_SOCKET, SO_RCVTIMEO] = [1, 20]
const EAGAIN = 11
const HEADER_OCTETS = 8

export interface Pings {
  /** 'answered' with the same payload, 'refused' at once, or 'silent' for 300 ms. */
  ping(payload?: Uint8Array): string
  close(): void
}

/** One program that pings one address, so that all its requests are one flow. */
export function openPing(namespace: Namespace, address: string): Pings {
  const octets = encodeAddress(parseAddress(address)!)
  const kind = KIND[familyOf(parseAddress(address)!)]
  const fd: number = inNamespace(namespace, () => socket(kind.domain, SOCK_DGRAM, kind.protocol))
  if (fd < 0) throw new Error(`ICMP socket: errno ${koffi.errno()}`)
  const timeval = new BigInt64Array([0n, 300_000n])
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, timeval, timeval.byteLength)
  const to = Buffer.alloc(kind.domain === 2 ? 16 : 28)
  to.writeUInt16LE(kind.domain, 0)
  to.set(octets, kind.domain === 2 ? 4 : 8)
  if (connect(fd, to, to.length) < 0) throw new Error(`connect to ${address}: errno ${koffi.errno()}`)

  function ping(payload: Uint8Array = Buffer.from('ping')): string {
    const request = Buffer.concat([Buffer.from([kind.request, 0, 0, 0, 0, 0, 0, 1]), payload])
    if (Number(send(fd, request, request.length, 0)) < 0) return 'refused'
    const reply = Buffer.alloc(65_536)
    const length = Number(recv(fd, reply, reply.length, 0))
    if (length < 0) return koffi.errno() === EAGAIN ? 'silent' : 'refused'
    return reply[0] === kind.reply && reply.subarray(HEADER_OCTETS, length).equals(payload) ? 'answered' : `type ${reply[0]}`
  }

  return { ping, close: () => close(fd) }
}

export function pingOnce(namespace: Namespace, address: string, payload?: Uint8Array): string {
  const { ping, close: end } = openPing(namespace, address)
  try {
    return ping(payload)
  } finally {
    end()
  }
}

export function letEverybodyPing(namespace: Namespace): void {
  namespace.run(['sh', '-ec', 'echo "0 2147483647" > /proc/sys/net/ipv4/ping_group_range'])
}
