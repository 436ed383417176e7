// The quick way in: what waits at a socket is read, answered and sent in batches.
// Half the cost of the portable way (`npm run bench`, "cached answers"), and nothing is allocated for a query that is settled.

import { copyForNow } from '../dns/octets.ts'
import { Batch } from '../linux/datagram/batch.ts'
import { BATCH } from '../linux/datagram/layout.ts'
import { pollReadable } from '../linux/datagram/poll.ts'
import { canSegment, Replies } from '../linux/datagram/replies.ts'
import { SOCKADDR_WORDS } from '../linux/datagram/sockaddr.ts'
import { closeSocket, orClose, portOf, setBuffers } from '../linux/datagram/socket.ts'
import { Sources } from '../linux/datagram/source.ts'
import { PENDING } from '../resolver/resolver.ts'
import { isIpv6, isLoopback, type ServerEndpoint } from './endpoint.ts'
import { type Service, SOCKET_BUFFER_OCTETS, UDP_QUERY_OCTETS, UDP_REPLY_OCTETS, type UdpListener } from './service.ts'

/** In one turn of the event loop, or a flood of queries would keep upstream and updater from being heard. */
const MOST_QUERIES = 1024

/** Reading, answering and sending a batch never waits, so these will do for all sockets. An address of IPv4 is to have no rest of one of IPv6 behind it. */
const INCOMING = { 4: new Batch(UDP_QUERY_OCTETS), 6: new Batch(UDP_QUERY_OCTETS) } as const
const outgoing = new Replies(UDP_REPLY_OCTETS)

interface Waited {
  readonly reply: Uint8Array
  readonly sockaddr: Uint32Array
}

/** Takes the socket over. Throws SystemError. */
export async function listenInBatches(
  descriptor: number,
  endpoint: ServerEndpoint,
  { reception, counters }: Service,
): Promise<UdpListener> {
  const family = isIpv6(endpoint) ? 6 : 4
  const sources = new Sources(family)
  const incoming = INCOMING[family]
  // Only here: it is the receiver's kernel that cuts a message, and who reads frames behind a veth, as gVisor's own network stack does, would
  // be shown one datagram with all replies in it.
  const segments = isLoopback(endpoint) && canSegment(descriptor)
  let isOpen = true
  let waited: Waited[] = []

  /** In each turn of the event loop in which something waits. One query alone is mostly all there is: if not, it will be told. */
  function drain(): void {
    for (let answered = 0, count = BATCH; count > 1 && answered < MOST_QUERIES; answered += count) {
      count = incoming.receive(descriptor)
      if (count > 0) answer(count)
    }
  }

  function answer(count: number): void {
    counters.udpQueries += count
    counters.udpBatches++
    let replies = 0
    for (let slot = 0; slot < count; slot++) {
      const query = incoming.slots[slot]!
      const source = sources.textOf(incoming.addresses, slot)
      const length = reception.answer(query, incoming.lengthOf(slot), source, endpoint, 'udp', outgoing.slots[replies]!)
      if (length > 0) {
        outgoing.direct(replies++, length, incoming.addresses, slot * SOCKADDR_WORDS)
      } else if (length === PENDING) answerLater(slot, source)
    }
    send(replies)
  }

  function answerLater(slot: number, source: string): void {
    const query = copyForNow(incoming.slots[slot]!, incoming.lengthOf(slot))
    const sockaddr = incoming.addresses.slice(slot * SOCKADDR_WORDS, (slot + 1) * SOCKADDR_WORDS)
    reception.wait(query, source, endpoint, 'udp', (reply) => {
      if (waited.length === 0) setImmediate(sendWaited)
      waited.push({ reply, sockaddr })
    })
  }

  /** What became ready in one turn of the event loop leaves together. */
  function sendWaited(): void {
    const ready = waited.filter(({ reply }) => reply.length > 0)
    waited = []
    for (let start = 0; start < ready.length; start += BATCH) {
      const some = ready.slice(start, start + BATCH)
      for (const [slot, { reply, sockaddr }] of some.entries()) {
        outgoing.slots[slot]!.set(reply)
        outgoing.direct(slot, reply.length, sockaddr, 0)
      }
      send(some.length)
    }
  }

  function send(count: number): void {
    if (isOpen && count > 0) counters.dropped += outgoing.send(descriptor, count, segments)
  }

  async function close(): Promise<void> {
    isOpen = false
    await poll.close()
    closeSocket(descriptor)
  }

  const poll = orClose(descriptor, () => {
    setBuffers(descriptor, SOCKET_BUFFER_OCTETS)
    return pollReadable(descriptor, drain)
  })
  return { port: portOf(descriptor), close }
}
