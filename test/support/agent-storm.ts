// Attempts to get past the policy, as many as possible.
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** For each address. */
const WORKERS = 4

let storming = false
let storm: Promise<number> | undefined

/** Tries again and again, as fast as it can, to get a TCP connection or a datagram through to addresses that are not allowed. */
export function startStorm(request: { readonly addresses: readonly string[]; readonly port: number }): void {
  storming = true
  const targets = request.addresses.flatMap((address) => Array.from({ length: WORKERS }, () => address))
  storm = Promise.all(targets.map((address) => stormOne(address, request.port))).then((counts) =>
    counts.reduce((sum, count) => sum + count, 0),
  )
}

/** Ends that, and returns the number of attempts. */
export async function stopStorm(): Promise<number> {
  storming = false
  return (await storm) ?? 0
}

async function stormOne(address: string, port: number): Promise<number> {
  const datagrams = createSocket(address.includes(':') ? 'udp6' : 'udp4').on('error', () => undefined)
  let attempts = 0
  for (; storming; attempts++) {
    datagrams.send('out', port, address, () => undefined)
    await attempt(address, port)
    await pause(1)
  }
  datagrams.close()
  return attempts
}

/** A connection attempt that is given up after 20 ms: one SYN, and on to the next. */
function attempt(address: string, port: number): Promise<void> {
  const socket = connect({ host: address, port })
  return new Promise((resolve) => {
    const finish = (): void => {
      socket.destroy()
      resolve()
    }
    socket.setTimeout(20, finish)
    socket.on('error', finish).on('connect', finish)
  })
}
