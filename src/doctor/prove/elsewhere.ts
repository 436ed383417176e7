// A sandbox that is not ours, with a far side that somebody else runs: what is to be found there, and which tools are left.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { decodeAddress } from '../../net/address.ts'
import type { Tools } from './attack.ts'
import type { Pair } from './plan.ts'
import type { Place } from './toolbox.ts'

export interface Elsewhere {
  readonly place: Place
  /** The interface that leads out; empty where none does. */
  readonly device: string
  /** The tools that are left, with the far side in the place of the address that nothing opens. */
  restrict(tools: Tools): Tools
}

/** Why an attack cannot be made, or could not be judged, in this sandbox. */
export class NotHereError extends Error {
  override readonly name = 'NotHereError'
}

/** Tools that only a world of ours has, with the reason. */
const MISSING = {
  ask: 'the far side does not see what a resolver does with a question',
  resolver: 'the far side does not see what a resolver does with a question',
  begin: 'no name is known to be allowed here',
  open: 'no name is known to be allowed here',
  grey: 'no name is known to be allowed here',
  private: 'the far side has no private address',
  gateway: 'the far side does not see what the gateway gets',
  neighbour: 'the far side does not see what another sandbox gets',
  upstream: 'the upstream is not ours to watch',
  disturbed: 'nobody here may disturb the guard',
  knock: 'the far side begins nothing by itself',
} as const satisfies Partial<Record<keyof Tools, string>>

export async function exploreElsewhere(far: Partial<Pair>): Promise<Elsewhere> {
  const own = pairOf({ 4: await ownAddressTowards(far[4]), 6: await ownAddressTowards(far[6]) }, 'the sandbox has no route to the far side')
  const closed = pairOf(far, 'the far side has no address')
  return {
    place: { own, resolver: '' },
    device: deviceOfDefaultRoute(),
    restrict: (tools) => restrict({ ...tools, closed }, [far[4], far[6]]),
  }
}

function restrict(tools: Tools, far: readonly (string | undefined)[]): Tools {
  const toFar = (address: string): string => (far.includes(address) ? address : refuse('it goes where the far side is not'))
  const marked = (octets: Uint8Array): Uint8Array => {
    toFar(destinationOf(octets))
    return Buffer.from(octets).includes(tools.marker) ? octets : refuse('it carries no marker by which the far side would know it')
  }
  const left: Tools = {
    ...tools,
    name: (zone, trick) => nameOf(tools, zone, trick),
    tcp: (address, ...rest) => tools.tcp(toFar(address), ...rest),
    udp: (address, ...rest) => tools.udp(toFar(address), ...rest),
    ping: (address) => (mayPing() ? tools.ping(toFar(address)) : refuse('net.ipv4.ping_group_range lets nobody ping here')),
    packet: (octets) => tools.packet(marked(octets)),
    frame: (octets) => tools.frame(marked(octets)),
  }
  for (const [key, reason] of Object.entries(MISSING)) Object.defineProperty(left, key, { get: () => refuse(reason) })
  return left
}

/** Of a packet, by its header. */
function destinationOf(octets: Uint8Array): string {
  return octets[0]! >> 4 === 4 ? decodeAddress(octets, 16, 4) : decodeAddress(octets, 24, 6)
}

function nameOf(tools: Tools, zone: Parameters<Tools['name']>[0], trick: string | undefined): string {
  return zone === 'denied' ? tools.name(zone, trick) : refuse(MISSING.begin)
}

/** By the group alone that it runs as. */
function mayPing(): boolean {
  const [first, last] = readFileSync('/proc/sys/net/ipv4/ping_group_range', 'utf8').split('\t').map(Number)
  const group = process.getgid!()
  return first! <= group && group <= last!
}

function refuse(reason: string): never {
  throw new NotHereError(reason)
}

/** Throws where the attack looks for the family that is not there. */
function pairOf(addresses: { readonly 4?: string | undefined; readonly 6?: string | undefined }, reason: string): Pair {
  return {
    get 4() {
      return addresses[4] ?? refuse(`${reason} of IPv4`)
    },
    get 6() {
      return addresses[6] ?? refuse(`${reason} of IPv6`)
    },
  }
}

/** The source address that the kernel chooses; undefined without a route. Nothing is sent. */
async function ownAddressTowards(address: string | undefined): Promise<string | undefined> {
  if (address === undefined) return undefined
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  try {
    socket.connect(443, address)
    await once(socket, 'connect')
    return socket.address().address
  } catch {
    return undefined
  } finally {
    socket.close()
  }
}

/** From /proc/net/route: interface, destination, gateway … in hexadecimal. */
function deviceOfDefaultRoute(): string {
  const routes = readFileSync('/proc/net/route', 'utf8')
    .split('\n')
    .map((line) => line.split('\t'))
  return routes.find(([, destination]) => destination === '00000000')?.[0] ?? ''
}
