import { check, lastError, libc } from '../libc.ts'
import { AF, encodeSockaddr, SOCKADDR_OCTETS } from './sockaddr.ts'

const SOCK_STREAM = 1
const SOCK_DGRAM = 2
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
const SOL_SOCKET = 1
const SO_REUSEADDR = 2
const SO_SNDBUF = 7
const SO_RCVBUF = 8
const IPPROTO_IPV6 = 41
const IPV6_V6ONLY = 26

/** A UDP socket bound to an address, IPv6 without IPv4. Returns its descriptor. Throws SystemError. */
export function openDatagramSocket(address: string, port: number): number {
  return openSocket('bind', address, port, SOCK_DGRAM)
}

/** A UDP socket on a port of the kernel's choice that hears one peer only. Returns its descriptor. Throws SystemError. */
export function openConnectedSocket(address: string, port: number): number {
  return openSocket('connect', address, port, SOCK_DGRAM)
}

/** A TCP socket bound to an address, IPv6 without IPv4, although connections of an earlier one may still be closing. Throws SystemError. */
export function openStreamSocket(address: string, port: number): number {
  return openSocket('bind', address, port, SOCK_STREAM)
}

function openSocket(call: 'bind' | 'connect', address: string, port: number, type: number): number {
  const sockaddr = encodeSockaddr(address, port)
  const isIpv6 = address.includes(':')
  const descriptor = check('socket', () => libc.socket(isIpv6 ? AF[6] : AF[4], type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))
  if (isIpv6) setOption(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1)
  if (type === SOCK_STREAM) setOption(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
  if (libc[call](descriptor, sockaddr, sockaddr.length) === 0) return descriptor
  const error = lastError(call)
  libc.close(descriptor)
  throw error
}

/** The port that the kernel has chosen, where it was asked to. Throws SystemError. */
export function portOf(descriptor: number): number {
  const sockaddr = Buffer.alloc(SOCKADDR_OCTETS)
  check('getsockname', () => libc.getsockname(descriptor, sockaddr, [sockaddr.length]))
  return sockaddr.readUInt16BE(2)
}

/** How much may wait to be read and to be sent, as far as net.core.rmem_max and wmem_max allow. */
export function setBuffers(descriptor: number, octets: number): void {
  for (const option of [SO_RCVBUF, SO_SNDBUF]) setOption(descriptor, SOL_SOCKET, option, octets)
}

export function closeSocket(descriptor: number): void {
  libc.close(descriptor)
}

/** What `use` makes of a descriptor; where it throws, the descriptor is closed. */
export function orClose<T>(descriptor: number, use: () => T): T {
  try {
    return use()
  } catch (error) {
    closeSocket(descriptor)
    throw error
  }
}

/** Nobody else may bind the same address and port. Node lets others when it takes over a descriptor. */
export function keepAlone(descriptor: number): void {
  setOption(descriptor, SOL_SOCKET, SO_REUSEADDR, 0)
}

function setOption(descriptor: number, level: number, option: number, value: number): void {
  check('setsockopt', () => libc.setsockopt(descriptor, level, option, Int32Array.of(value), 4))
}
