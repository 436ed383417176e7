// Packets by hand, out and in: what the host's tests forge and what their far side sees. Needs CAP_NET_RAW.
import { check, libc } from './libc.ts'
import { openRoutes } from './route.ts'

const AF_INET = 2
const AF_INET6 = 10
const AF_PACKET = 17
const SOCK_DGRAM = 2
const SOCK_RAW = 3
const SOCK_CLOEXEC = 0o2000000
const IPPROTO_RAW = 255
const MSG_DONTWAIT = 0x40
const SOL_SOCKET = 1
const SO_RCVBUFFORCE = 33
const SO_MARK = 36
const ETH_P_ALL = 3
/** IPPROTO_ICMP and IPPROTO_ICMPV6, and their types of RFC 792 and RFC 4443. */
const ECHO = { 4: { family: AF_INET, protocol: 1, type: 8 }, 6: { family: AF_INET6, protocol: 58, type: 128 } } as const
const ETHERTYPE = { 4: 0x0800, 6: 0x86dd } as const
const QUEUE_OCTETS = 32 * 1024 * 1024
const FRAME_OCTETS = 65_536

/** Sends a packet, its IPv4 or IPv6 header included, through this namespace's routing and output rules. Throws SystemError. */
export function sendPacket(packet: Uint8Array): void {
  const family = versionOf(packet) === 4 ? AF_INET : AF_INET6
  withSocket(family, SOCK_RAW, IPPROTO_RAW, (fd) => sendTo(fd, packet, networkAddress(packet)))
}

/**
 * Puts a packet on the wire past this namespace's routing and output rules, to that station. Throws SystemError.
 * @param tags of virtual networks, the outermost first, four octets each: its own type, then priority and number (IEEE 802.1Q)
 */
export function sendFrame(interfaceName: string, station: Uint8Array, packet: Uint8Array, tags: readonly number[] = []): void {
  // Of what stands between the addresses and the packet the kernel writes the first two octets.
  const types = Buffer.alloc(4 * tags.length + 2)
  for (const [index, tag] of tags.entries()) types.writeUInt32BE(tag, 4 * index)
  types.writeUInt16BE(ETHERTYPE[versionOf(packet)], 4 * tags.length)
  const ethertype = types.readUInt16BE(0)
  const address = linkAddress(interfaceIndex(interfaceName), ethertype, station)
  withSocket(AF_PACKET, SOCK_DGRAM, swap(ethertype), (fd) => sendTo(fd, Buffer.concat([types.subarray(2), packet]), address))
}

/** Sends a datagram from a socket that carries a mark. Throws SystemError EPERM where marks are not for us to set. */
export function sendMarked(mark: number, address: Uint8Array, payload: Uint8Array): void {
  const family = address.length === 4 ? AF_INET : AF_INET6
  withSocket(family, SOCK_DGRAM, 0, (fd) => {
    check('setsockopt', () => libc.setsockopt(fd, SOL_SOCKET, SO_MARK, Uint32Array.of(mark), 4))
    sendTo(fd, payload, socketAddress(address, 443))
  })
}

/**
 * Sends an ICMP echo request as whoever has no privilege may, where `net.ipv4.ping_group_range` lets them: the kernel writes identifier and
 * checksum. Throws SystemError EACCES elsewhere.
 */
export function sendEcho(address: Uint8Array, payload: Uint8Array): void {
  const { family, protocol, type } = address.length === 4 ? ECHO[4] : ECHO[6]
  const message = Uint8Array.of(type, 0, 0, 0, 0, 0, 0, 1, ...payload)
  withSocket(family, SOCK_DGRAM, protocol, (fd) => sendTo(fd, message, socketAddress(address, 0)))
}

export interface Capture {
  /** The frames that have arrived since the last poll, Ethernet headers included. Never waits. */
  poll(): Generator<Buffer>
  close(): void
}

/** Sees every frame that passes an interface, in both directions; that passes any, if none is named. */
export function openCapture(interfaceName: string | undefined): Capture {
  const fd = check('socket', () => libc.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, swap(ETH_P_ALL)))
  libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, Int32Array.of(QUEUE_OCTETS), 4)
  const address = linkAddress(interfaceName === undefined ? 0 : interfaceIndex(interfaceName), ETH_P_ALL, new Uint8Array())
  check('bind', () => libc.bind(fd, address, address.length))
  const received = Buffer.allocUnsafeSlow(FRAME_OCTETS)
  return {
    *poll() {
      for (;;) {
        const octets = libc.recv(fd, received, received.length, MSG_DONTWAIT)
        if (octets <= 0) return
        yield Buffer.from(received.subarray(0, octets))
      }
    },
    close: () => libc.close(fd),
  }
}

function withSocket(family: number, type: number, protocol: number, use: (fd: number) => void): void {
  const fd = check('socket', () => libc.socket(family, type | SOCK_CLOEXEC, protocol))
  try {
    use(fd)
  } finally {
    libc.close(fd)
  }
}

function sendTo(fd: number, octets: Uint8Array, address: Uint8Array): void {
  check('sendto', () => libc.sendto(fd, octets, octets.length, 0, address, address.length))
}

function versionOf(packet: Uint8Array): 4 | 6 {
  return packet[0]! >> 4 === 4 ? 4 : 6
}

function networkAddress(packet: Uint8Array): Uint8Array {
  return versionOf(packet) === 4 ? socketAddress(packet.subarray(16, 20), 0) : socketAddress(packet.subarray(24, 40), 0)
}

/** struct sockaddr_in, sockaddr_in6 */
function socketAddress(address: Uint8Array, port: number): Uint8Array {
  const octets = new Uint8Array(address.length === 4 ? 16 : 28)
  new Uint16Array(octets.buffer)[0] = address.length === 4 ? AF_INET : AF_INET6
  octets.set([port >> 8, port & 255], 2)
  octets.set(address, address.length === 4 ? 4 : 8)
  return octets
}

/** struct sockaddr_ll: family, protocol in network order, interface, hardware type, packet type, length of the address, the address. */
function linkAddress(index: number, protocol: number, station: Uint8Array): Uint8Array {
  const octets = new Uint8Array(20)
  new Uint16Array(octets.buffer).set([AF_PACKET, swap(protocol)])
  new Int32Array(octets.buffer)[1] = index
  octets[11] = station.length
  octets.set(station, 12)
  return octets
}

/** htons, on the little-endian machines that Node runs on. */
function swap(value: number): number {
  return ((value & 255) << 8) | (value >> 8)
}

function interfaceIndex(name: string): number {
  const routes = openRoutes()
  try {
    const link = routes.links().find((candidate) => candidate.name === name)
    if (link === undefined) throw new Error(`there is no interface ${name} here`)
    return link.index
  } finally {
    routes.close()
  }
}
