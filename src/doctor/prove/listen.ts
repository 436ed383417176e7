// The far side of an expedition: a machine outside of the sandbox, which notes what arrives with a marker of the expedition.
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { openCapture } from '../../linux/packet.ts'
import { loadCorpus } from './corpus.ts'
import { decodeFrame, type Packet, protocolName } from './frame.ts'
import type { Sighting } from './judge.ts'
import { markersIn } from './plan.ts'

export interface Arrival {
  readonly group: string
  readonly name: string
  readonly tries: string
  readonly arrived: readonly Sighting[]
}

export interface Listener {
  /** Ports that somebody else holds here: connections to them are seen only as far as that one lets them. */
  readonly taken: readonly string[]
  /** What has arrived so far, by attack. */
  arrivals(): Promise<readonly Arrival[]>
  close(): void
}

/** Connections are accepted here, so that a payload follows and tells its attack. */
const TCP_PORTS: readonly number[] = [53, 80, 443, 853, 5353, 65_535]
const UDP_PORTS: readonly number[] = [53, 137, 443, 784, 853, 5300, 5353, 5355, 5443, 8853]
const DRAIN_MS = 5

/** Needs CAP_NET_RAW. Throws SystemError. */
export async function listenFor(token: string): Promise<Listener> {
  const own = new Set(Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ mac }) => mac.replaceAll(':', ''))))
  const capture = openCapture(undefined)
  const seen = new Map<string, Sighting>()
  const closers: (() => void)[] = []
  const drain = (): void => {
    for (const frame of capture.poll()) {
      const packet = decodeFrame(frame)
      if (packet !== undefined && !own.has(packet.station)) note(seen, packet, token)
    }
  }
  const timer = setInterval(drain, DRAIN_MS)
  const taken = (
    await Promise.all([...TCP_PORTS.map((port) => acceptAt(port, closers)), ...UDP_PORTS.map((port) => swallowAt(port, closers))])
  ).flat()
  return {
    taken,
    arrivals: () => {
      drain()
      return arrivalsOf([...seen.values()])
    },
    close: () => {
      clearInterval(timer)
      capture.close()
      for (const close of closers) close()
    },
  }
}

function note(seen: Map<string, Sighting>, packet: Packet, token: string): void {
  const { source, destination, destinationPort, protocol, content } = packet
  for (const attack of markersIn(content, token)) {
    const sighting = {
      where: 'far side' as const,
      protocol: protocolName(protocol),
      source,
      destination,
      destinationPort,
      attack,
      count: 0,
    }
    const key = JSON.stringify(sighting)
    if (!seen.has(key)) seen.set(key, sighting)
    seen.get(key)!.count++
  }
}

async function arrivalsOf(sightings: readonly Sighting[]): Promise<readonly Arrival[]> {
  const found = (await loadCorpus()).map(({ group, name, tries, number }) => {
    return { group, name, tries, arrived: sightings.filter(({ attack }) => attack === number) }
  })
  return found.filter(({ arrived }) => arrived.length > 0)
}

/** Accepts and reads. The port's name if it is taken. */
function acceptAt(port: number, closers: (() => void)[]): Promise<readonly string[]> {
  const server = createServer((socket) => socket.on('error', () => socket.destroy()).resume())
  return new Promise((resolve) => {
    server.once('error', () => resolve([`tcp/${port}`]))
    server.listen(port, '::', () => {
      closers.push(() => server.close())
      resolve([])
    })
  })
}

/** Without it the kernel answers that nobody listens, and whoever is refused stops. */
function swallowAt(port: number, closers: (() => void)[]): Promise<readonly string[]> {
  const socket = createSocket('udp6')
  return new Promise((resolve) => {
    socket.once('error', () => resolve([`udp/${port}`]))
    socket.bind(port, '::', () => {
      closers.push(() => socket.close())
      resolve([])
    })
  })
}
