import type { Endpoint } from '../net/endpoint.ts'
import { type OnReply, openPort, type Port, type PortEvents } from './port.ts'
import { random16 } from './random.ts'
import type { OpenSocket } from './socket.ts'

/**
 * A socket for each query would cost three system calls more a query; one socket for all would leave a forger only the
 * ID to guess. So a query goes out of one of a few ports picked at random, and each serves briefly (RFC 5452 section 9.2).
 * Queries of one turn of the event loop share the pick, and so the system call: to guess it is as hard for each of them.
 */
const PORTS = 16
const MOST_USES = 64
const LONGEST_LIFE_MS = 5_000

/** Random ports towards one server. */
export interface PortPool {
  /** As `Port.ask`. */
  ask(compose: (id: number) => Uint8Array, timeoutMs: number, onReply: OnReply): void
  close(): void
}

interface Slot {
  readonly port: Port
  readonly timer: NodeJS.Timeout
  uses: number
}

export function createPortPool(server: Endpoint, open: OpenSocket, events: PortEvents): PortPool {
  const slots = new Map<number, Slot>()
  let picked: number | undefined

  function pick(): number {
    if (picked !== undefined) return picked
    setImmediate(() => {
      picked = undefined
    })
    picked = random16() % PORTS
    return picked
  }

  function openSlot(index: number): Slot {
    const slot = { port: openPort(server, open, events), timer: setTimeout(() => retire(index), LONGEST_LIFE_MS).unref(), uses: 0 }
    slots.set(index, slot)
    return slot
  }

  function retire(index: number): void {
    const slot = slots.get(index)
    if (slot === undefined) return
    clearTimeout(slot.timer)
    slots.delete(index)
    slot.port.retire()
  }

  function ask(compose: (id: number) => Uint8Array, timeoutMs: number, onReply: OnReply): void {
    const index = pick()
    const slot = slots.get(index) ?? openSlot(index)
    slot.uses += 1
    slot.port.ask(compose, timeoutMs, onReply)
    if (slot.uses === MOST_USES) retire(index)
  }

  function close(): void {
    for (const slot of slots.values()) {
      clearTimeout(slot.timer)
      slot.port.close()
    }
    slots.clear()
  }

  return { ask, close }
}
