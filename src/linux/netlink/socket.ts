// Netlink sockets: the kernel handles a request inside `send`, so its reply can be read at once and nothing here waits.
import { constants } from 'node:os'
import { NetlinkError } from '../error.ts'
import { check, lastErrno, lastError, libc, pointerTo } from '../libc.ts'
import { ignoringProgram, keepingProgram, SOCK_FILTER_OCTETS } from './filter.ts'
import { i32Host, type Message, messagesIn, NLMSG, u32Host } from './reader.ts'

const AF_NETLINK = 16
const SOCK_RAW = 3
const SOCK_CLOEXEC = 0o2000000
const MSG_DONTWAIT = 0x40
const NLM_F_DUMP_INTR = 0x10
const SOL_SOCKET = 1
const SO_SNDBUF = 7
const SO_RCVBUF = 8
const SO_SNDBUFFORCE = 32
const SO_RCVBUFFORCE = 33
const SO_ATTACH_FILTER = 26
const SOL_NETLINK = 270
const NETLINK_ADD_MEMBERSHIP = 1
const NETLINK_CAP_ACK = 10
const LAST_SEQUENCE = 0xf0000000
// A transaction is sent whole: 200,000 elements of 170 octets.
const SEND_OCTETS = 64 * 1024 * 1024
const QUEUE_OCTETS = 16 * 1024 * 1024
// The kernel fills dump replies up to the largest buffer it was offered, 32 KiB (netlink_dump in net/netlink/af_netlink.c);
// one notification batch stays below 64 KiB. Anything cut off would show as a broken last message.
const RECEIVE_OCTETS = 256 * 1024

/** Protocols of include/uapi/linux/netlink.h. */
export const NETLINK = { ROUTE: 0, NETFILTER: 12 } as const

/** Flags of include/uapi/linux/netlink.h. */
export const NLM = { REQUEST: 1, ACK: 4, DUMP: 0x300, REPLACE: 0x100, EXCL: 0x200, CREATE: 0x400, APPEND: 0x800 } as const

/** What became of the messages of one `request`. */
export interface Replies {
  /** Was anything acknowledged? */
  readonly acknowledged: boolean
  /** The first refusal, in the order of the messages. */
  readonly refusal: { readonly sequence: number; readonly errno: number } | undefined
}

export class NetlinkSocket {
  readonly portId: number
  readonly #fd: number
  #sequence = 1
  #dumped = 0
  #isOverrun = false
  #fetching: Promise<void> | undefined
  /** Octets of the datagram of a dump that has been fetched. */
  #fetched = 0
  readonly #received = Buffer.allocUnsafeSlow(RECEIVE_OCTETS)

  /** @param queueOctets what may wait to be read */
  constructor(protocol: number, queueOctets = QUEUE_OCTETS) {
    this.#fd = check('socket', () => libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol))
    this.portId = bindSocket(this.#fd)
    this.#option(SOL_NETLINK, NETLINK_CAP_ACK, 1)
    enlarge(this.#fd, SO_SNDBUFFORCE, SO_SNDBUF, SEND_OCTETS)
    enlarge(this.#fd, SO_RCVBUFFORCE, SO_RCVBUF, queueOctets)
  }

  /** When nobody writes into its buffer any more. */
  close(): void {
    if (this.#fetching === undefined) libc.close(this.#fd)
    else void this.#fetching.catch(() => {}).then(() => this.close())
  }

  /** Listens to a multicast group; read it with `poll`. */
  join(group: number): void {
    this.#option(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group)
  }

  /**
   * Has the kernel leave out datagrams whose first message was caused by that port, so that our own writes neither wake nor overflow the socket.
   * A datagram holds the notifications of one transaction, so its first message speaks for all.
   */
  ignoreFrom(portId: number): void {
    this.#attach(ignoringProgram(portId))
  }

  /** Has the kernel leave out netfilter's datagrams but for those where the attribute of that type, a word, has all bits of `mask`. */
  keepMarked(attribute: number, mask: number): void {
    this.#attach(keepingProgram(attribute, mask))
  }

  #attach(program: Uint8Array): void {
    const description = new BigUint64Array([0n, pointerTo(program)]) // struct sock_fprog: u16 length, padding, pointer
    new Uint16Array(description.buffer)[0] = program.byteLength / SOCK_FILTER_OCTETS
    check('setsockopt', () => libc.setsockopt(this.#fd, SOL_SOCKET, SO_ATTACH_FILTER, description, description.byteLength))
  }

  /** The sequence number that the next message of this socket should carry. */
  get nextSequence(): number {
    return this.#sequence
  }

  /** Numbers are not used twice, so that a late reply is told from the one that is waited for. */
  #useSequences(count: number): void {
    this.#sequence += count
    if (this.#sequence > LAST_SEQUENCE) this.#sequence = 1
  }

  /** Sends `count` messages, numbered from `nextSequence` on, and reads what the kernel has to say about them. */
  request(messages: Uint8Array, count: number): Replies {
    const first = this.#sequence
    this.#useSequences(count)
    this.#send(messages)
    let acknowledged = false
    let refusal: Replies['refusal']
    // Refusals come in the order of the messages, an acknowledgement of the last one after them: nothing follows it.
    while (!acknowledged) {
      const octets = this.#receive()
      if (octets === 0) break
      for (const { type, body } of messagesIn(this.#received.subarray(0, octets))) {
        const sequence = type === NLMSG.ERROR ? u32Host(body, 12) : 0
        if (sequence < first) continue // left over from a request whose replies were lost
        const errno = -i32Host(body, 0)
        if (errno === 0) acknowledged = true
        else refusal ??= { sequence, errno }
      }
    }
    return { acknowledged, refusal }
  }

  /**
   * Sends `count` requests for one thing each, numbered from `nextSequence` on, and gives each reply to `visit`, its body valid during the call
   * only. What is not there has no reply.
   */
  ask(requests: Uint8Array, count: number, doing: string, visit: (message: Message) => void): void {
    const first = this.#sequence
    this.#useSequences(count)
    this.#send(requests)
    let errno = 0
    for (const message of this.#pending()) {
      if (message.sequence < first) continue
      if (message.type !== NLMSG.ERROR) visit(message)
      else if (errnoOf(message) !== constants.errno.ENOENT) errno ||= errnoOf(message)
    }
    if (errno > 0) throw new NetlinkError(doing, errno)
  }

  /** Sends one dump request, numbered `nextSequence`, and gives each message of the reply to `visit`, its body valid during the call only. False: the kernel's list changed meanwhile, ask again. */
  dump(request: Uint8Array, doing: string, visit: (message: Message) => void): boolean {
    const sequence = this.#sequence
    this.#useSequences(1)
    this.#send(request)
    let consistent = true
    let errno = 0
    for (const message of this.#pending()) {
      if (message.sequence !== sequence) continue
      if (message.flags & NLM_F_DUMP_INTR) consistent = false
      if (message.type === NLMSG.ERROR || message.type === NLMSG.DONE) errno ||= errnoOf(message)
      else visit(message)
    }
    if (errno > 0) throw new NetlinkError(doing, errno)
    return consistent
  }

  /** Sends one dump request, numbered `nextSequence`, to be read with `readDump`; this socket serves nothing else until its end. */
  startDump(request: Uint8Array): void {
    this.#dumped = this.#sequence
    this.#useSequences(1)
    this.#send(request)
  }

  /** Receives the next datagram of the dump in another thread, to be awaited before it is read. Rejects with SystemError. */
  fetchDump(): Promise<void> {
    if (this.#fetched > 0) return Promise.resolve()
    this.#fetching ??= this.#receiveElsewhere().finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  #receiveElsewhere(): Promise<void> {
    return new Promise((resolve, reject) => {
      libc.recv.async(this.#fd, this.#received, this.#received.length, MSG_DONTWAIT, (_error: unknown, octets: number) => {
        const error = octets < 0 ? lastError('recv') : undefined
        this.#fetched = Math.max(0, octets)
        // Nothing has come, or not yet: whoever reads finds out.
        if (error === undefined || error.code === 'EAGAIN' || error.code === 'EINTR') resolve()
        else reject(error)
      })
    })
  }

  /** Gives the messages of one datagram of the dump to `visit`, their bodies valid during the call only. False: that was the last. */
  readDump(doing: string, visit: (message: Message) => void): boolean {
    const octets = this.#fetched || this.#receive()
    this.#fetched = 0
    if (octets === 0) return false
    for (const message of messagesIn(this.#received.subarray(0, octets))) {
      if (message.sequence !== this.#dumped) continue
      if (message.type !== NLMSG.ERROR && message.type !== NLMSG.DONE) visit(message)
      else if (errnoOf(message) > 0) throw new NetlinkError(doing, errnoOf(message))
      else return false
    }
    return true
  }

  /** What has arrived from joined groups. Throws SystemError ENOBUFS when something was lost. */
  poll(): Generator<Message> {
    return this.#pending()
  }

  #send(messages: Uint8Array): void {
    if (this.#isOverrun) this.#discard()
    check('send', () => libc.send(this.#fd, messages, messages.length, 0))
  }

  /** After an overrun the kernel drops all replies, and says so no more, until everything has been read (NETLINK_S_CONGESTED in net/netlink/af_netlink.c). */
  #discard(): void {
    this.#isOverrun = false
    while (this.#receive() > 0) {}
  }

  *#pending(): Generator<Message> {
    for (;;) {
      const octets = this.#receive()
      if (octets === 0) return
      yield* messagesIn(this.#received.subarray(0, octets))
    }
  }

  /** Octets of the next datagram; 0 when none has arrived. */
  #receive(): number {
    for (;;) {
      const octets = libc.recv(this.#fd, this.#received, this.#received.length, MSG_DONTWAIT)
      if (octets >= 0) return octets
      // Whoever looks for news five times a second mostly finds none, and an error is made with its stack.
      if (lastErrno() === constants.errno.EAGAIN) return 0
      const error = lastError('recv')
      if (error.code === 'ENOBUFS') this.#isOverrun = true
      if (error.code !== 'EINTR') throw error
    }
  }

  #option(level: number, name: number, value: number): void {
    check('setsockopt', () => libc.setsockopt(this.#fd, level, name, int(value), 4))
  }
}

/** Binds to a port id of the kernel's choice and returns it. struct sockaddr_nl: family, pad, pid, groups. */
function bindSocket(fd: number): number {
  const address = Buffer.alloc(12)
  address.set(new Uint8Array(new Uint16Array([AF_NETLINK]).buffer))
  check('bind', () => libc.bind(fd, address, address.length))
  check('getsockname', () => libc.getsockname(fd, address, [address.length]))
  return u32Host(address, 4)
}

/** Beyond the machine's limit where CAP_NET_ADMIN allows it, else up to the limit. */
function enlarge(fd: number, force: number, option: number, size: number): void {
  const octets = int(size)
  if (libc.setsockopt(fd, SOL_SOCKET, force, octets, 4) < 0) libc.setsockopt(fd, SOL_SOCKET, option, octets, 4)
}

/** The end of a dump carries an error too. */
function errnoOf(message: Message): number {
  return message.body.length < 4 ? 0 : -i32Host(message.body, 0)
}

function int(value: number): Uint8Array {
  return new Uint8Array(new Int32Array([value]).buffer)
}
