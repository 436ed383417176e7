import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import packet from 'dns-packet'
import type { Namespace } from './namespace.ts'
import { decodeCapture, type Packet } from './pcap.ts'
import { eventually } from './wait.ts'

export interface Capture {
  /** Everything that the gateway has put on the wire since the capture began, complete up to this call. Address resolution is left out. */
  leaving(): Promise<Packet[]>
  /** The questions among it, as "name TYPE", in lower case. */
  questions(): Promise<string[]>
  close(): Promise<void>
}

export interface CaptureOptions {
  readonly namespace: Namespace
  readonly device: string
  /** Ethernet address of the gateway on that wire. */
  readonly gateway: string
  readonly folder: string
}

const MARKER_GROUP = '224.0.0.250'
let counter = 0

/** Listens on the far side with tcpdump; resolves when it does. */
export async function startCapture({ namespace, device, gateway, folder }: CaptureOptions): Promise<Capture> {
  const file = join(folder, `capture-${++counter}.pcap`)
  const tcpdump = namespace.spawn(['tcpdump', '-i', device, '-Z', 'root', '-U', '--immediate-mode', '-B', '16384', '-w', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const lines = createInterface({ input: tcpdump.stderr! })
  for await (const line of lines) if (line.includes('listening on')) break
  const leaving = async (): Promise<Packet[]> => {
    const packets = await readToMarker(namespace, device, file)
    return packets.filter((packet) => packet.sender === gateway && !isAddressResolution(packet))
  }
  const questions = async (): Promise<string[]> => (await leaving()).flatMap(questionOf)
  const close = async (): Promise<void> => {
    if (tcpdump.exitCode !== null || tcpdump.signalCode !== null) return
    const exit = once(tcpdump, 'exit')
    tcpdump.kill('SIGKILL')
    await exit
  }
  return { leaving, questions, close }
}

/** Sends a packet of its own past the capture and waits until the file has it: then it has all that came before. */
async function readToMarker(namespace: Namespace, device: string, file: string): Promise<Packet[]> {
  const marker = `sallyport capture marker ${++counter}`
  const script = `const s=require('dgram').createSocket('udp4');s.bind(()=>{s.send(${JSON.stringify(marker)},9,'${MARKER_GROUP}',()=>s.close())})`
  namespace.run(['ip', 'route', 'replace', `${MARKER_GROUP}/32`, 'dev', device])
  namespace.run([process.execPath, '-e', script])
  return await eventually(`the capture shows ${marker}`, () => {
    const octets = readFileSync(file)
    return octets.includes(marker) && decodeCapture(octets)
  })
}

/** ARP, neighbour discovery and multicast listener reports: a wire has them whatever passes over it. */
function isAddressResolution({ protocol, destinationPort, destination }: Packet): boolean {
  const neighbourDiscovery = [133, 134, 135, 136, 137, 143]
  return (
    protocol === 'arp' ||
    (protocol === 'icmp6' && neighbourDiscovery.includes(destinationPort)) ||
    (protocol === 'protocol 2' && destination.startsWith('224.'))
  )
}

function questionOf({ protocol, destinationPort, payload }: Packet): string[] {
  if (destinationPort !== 53 || payload.length < 12) return []
  const { questions = [] } = packet.decode(protocol === 'tcp' ? payload.subarray(2) : payload)
  return questions.map(({ name, type }) => `${name.toLowerCase()} ${type}`)
}

/** What a policy lets through, for `assertNothingBut`. Fields left out match anything. */
export interface Permitted {
  readonly protocol?: 'tcp' | 'udp'
  readonly source?: string | readonly string[]
  readonly destination?: string | readonly string[]
  readonly destinationPort?: number
  readonly sourcePort?: number
}

/** Fails with each packet that none of the permitted flows explains. */
export function assertNothingBut(packets: readonly Packet[], permitted: readonly Permitted[]): void {
  const foreign = packets.filter((packet) => !permitted.some((flow) => matches(packet, flow)))
  const shown = [...new Set(foreign.map(formatPacket))]
  assert.deepEqual(shown.slice(0, 20), [], `${foreign.length} of ${packets.length} packets are beyond policy`)
}

function matches(packet: Packet, flow: Permitted): boolean {
  const one = (wanted: string | number | readonly string[] | undefined, seen: string | number): boolean =>
    wanted === undefined || (Array.isArray(wanted) ? wanted.includes(seen as string) : wanted === seen)
  return (
    one(flow.protocol, packet.protocol) &&
    one(flow.source, packet.source) &&
    one(flow.destination, packet.destination) &&
    one(flow.destinationPort, packet.destinationPort) &&
    one(flow.sourcePort, packet.sourcePort)
  )
}

export function formatPacket({ protocol, source, sourcePort, destination, destinationPort }: Packet): string {
  return `${protocol} ${source} ${sourcePort} > ${destination} ${destinationPort}`
}
