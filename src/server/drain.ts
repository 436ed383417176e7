// The quick way in: what waits behind a datagram that has just been delivered is read, answered and sent in batches.
// Half the cost of the portable way (`npm run bench`, "cached answers"), and nothing is allocated for a query that is settled.

import { copyForNow } from '../dns/octets.ts'
import { BATCH, Batch } from '../linux/datagram/batch.ts'
import { SOCKADDR_WORDS } from '../linux/datagram/sockaddr.ts'
import { Sources } from '../linux/datagram/source.ts'
import { PENDING } from '../resolver/resolver.ts'
import { isIpv6, type ServerEndpoint } from './endpoint.ts'
import { type Service, UDP_QUERY_OCTETS, UDP_REPLY_OCTETS } from './service.ts'

/** In one turn of the event loop, or a flood of queries would keep upstream and updater from being heard. */
const MOST_QUERIES = 1024

/** Reading, answering and sending a batch never waits, so these will do for all sockets. */
const incoming = new Batch(UDP_QUERY_OCTETS)
const outgoing = new Batch(UDP_REPLY_OCTETS)

export interface Drain {
  /** Answers what waits at the socket. */
  run(): void
  /** To be called before the socket is closed: its descriptor may be another's then. */
  stop(): void
}

interface Waited {
  readonly reply: Uint8Array
  readonly sockaddr: Uint32Array
}

export function createDrain(descriptor: number, endpoint: ServerEndpoint, { reception, counters }: Service): Drain {
  const sources = new Sources(isIpv6(endpoint) ? 6 : 4)
  let isOpen = true
  let queriesLeft = MOST_QUERIES
  let waited: Waited[] = []

  function run(): void {
    while (isOpen && queriesLeft > 0) {
      const count = incoming.receive(descriptor)
      if (count === 0) return
      if (queriesLeft === MOST_QUERIES) setImmediate(nextTurn)
      queriesLeft -= count
      answer(count)
    }
  }

  function nextTurn(): void {
    queriesLeft = MOST_QUERIES
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
        outgoing.fill(replies, length)
        outgoing.direct(replies++, incoming.addresses, slot * SOCKADDR_WORDS)
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
        outgoing.fill(slot, reply.length)
        outgoing.direct(slot, sockaddr, 0)
      }
      send(some.length)
    }
  }

  function send(count: number): void {
    if (isOpen && count > 0) counters.dropped += outgoing.send(descriptor, count)
  }

  return {
    run,
    stop: () => {
      isOpen = false
    },
  }
}
