// A UDP socket connected to one peer, whose datagrams leave and come in batches.

import type { Endpoint } from '../../net/endpoint.ts'
import { SystemError } from '../error.ts'
import { Batch } from './batch.ts'
import { BATCH } from './layout.ts'
import { pollReadable } from './poll.ts'
import { closeSocket, openConnectedSocket, orClose } from './socket.ts'

/** A DNS query is never longer. What is longer in coming than we say that we take, is cut. */
const SENT_OCTETS = 512
const RECEIVED_OCTETS = 4096

/** Reading and sending a batch never waits, so these will do for all sockets. */
const outgoing = new Batch(SENT_OCTETS, false)
const incoming = new Batch(RECEIVED_OCTETS, false)

export interface ConnectedSocket {
  /** Sent with all others of this turn of the event loop, at its end. The octets must not change until then. */
  send(datagram: Uint8Array): void
  close(): void
}

export interface ConnectedEvents {
  /** Valid during the call. */
  onMessage(message: Uint8Array): void
  /** What the kernel says of the peer: nobody listens there, or no route leads there. */
  onError(error: Error): void
}

/** On a port of the kernel's choice. Never throws: a socket that cannot be opened says so at each `send`. */
export function openConnected(peer: Endpoint, events: ConnectedEvents): ConnectedSocket {
  try {
    return serve(openConnectedSocket(peer.address, peer.port), events)
  } catch (error) {
    if (!(error instanceof SystemError)) throw error
    return { send: () => events.onError(error), close: () => {} }
  }
}

function serve(descriptor: number, { onMessage, onError }: ConnectedEvents): ConnectedSocket {
  const poll = orClose(descriptor, () => pollReadable(descriptor, drain))
  let waiting: Uint8Array[] = []
  let isOpen = true

  function drain(): void {
    for (let count = BATCH; isOpen && count === BATCH; ) {
      count = incoming.receive(descriptor, onError)
      for (let slot = 0; isOpen && slot < count; slot++) onMessage(incoming.slots[slot]!.subarray(0, incoming.lengthOf(slot)))
    }
  }

  function send(datagram: Uint8Array): void {
    if (waiting.length === 0) setImmediate(flush)
    waiting.push(datagram)
  }

  function flush(): void {
    const ready = waiting
    waiting = []
    for (let start = 0; isOpen && start < ready.length; start += BATCH) {
      const some = ready.slice(start, start + BATCH)
      for (const [slot, datagram] of some.entries()) {
        outgoing.slots[slot]!.set(datagram)
        outgoing.fill(slot, datagram.length)
      }
      outgoing.send(descriptor, some.length, onError)
    }
  }

  function close(): void {
    if (!isOpen) return
    isOpen = false
    void poll.close().then(() => closeSocket(descriptor))
  }

  poll.unref()
  return { send, close }
}
