// A process on the other side of the guard: the far side, the gateway's own ports, or a neighbouring sandbox. It answers as a server
// would, and notes what arrives.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { openCapture } from '../../linux/packet.ts'
import { askOverUdp, encodeQuestion } from '../question.ts'
import { questionOf, startUpstream } from '../upstream.ts'
import { createAnswers } from './answers.ts'
import { openParent } from './channel.ts'
import { decodeFrame } from './frame.ts'
import { createJudge, type Sighting, type Wire } from './judge.ts'
import { CHATTER, FAR, KNOCK_PORT, KNOCKING, markersIn, numberAtPort, SANDBOX_GATEWAY } from './plan.ts'
import { beliefsAboutAttacks } from './routes.ts'

const DRAIN_MS = 5
const KNOCK_MS = 300
const MOST_QUESTIONS = 50
const QUESTION_PAUSE_MS = 20
/** What the far side is told to go on sending by itself, and how often. */
const CHATTER_MS = 20

const token = process.argv[2]!
let sightings: () => readonly Sighting[] = () => []

const operations = {
  /** Begins to judge what arrives on an interface that is up by now. */
  watch({ device, ...wire }: Wire & { readonly device: string }): void {
    const own = networkInterfaces()[device]?.[0]?.mac.replaceAll(':', '')
    const judge = createJudge(wire, token, questionOf)
    const capture = openCapture(device)
    const drain = (): void => {
      for (const frame of capture.poll()) {
        const packet = decodeFrame(frame)
        if (packet !== undefined && packet.station !== own) judge.see(packet)
      }
    }
    setInterval(drain, DRAIN_MS)
    sightings = () => {
      drain()
      return judge.sightings()
    }
  },
  /** Plays the upstream resolver. */
  async answer(): Promise<void> {
    await startUpstream([FAR[4], FAR[6]], 53, createAnswers(token))
  },
  /** Accepts connections at all addresses, and answers what comes in with itself; once told to chatter, without being asked. */
  async serve({ ports }: { readonly ports: readonly number[] }): Promise<void> {
    await Promise.all(ports.map((port) => listen(port, echo)))
  },
  /** Begins a flow to the sandbox, and waits for what comes of it. */
  knock: ({ protocol, ...ends }: Knock): Promise<void> => (protocol === 'tcp' ? knockTcp(ends) : knockUdp(ends)),
  /** Notes whatever reaches these ports of this namespace itself. */
  async trap({ ports }: { readonly ports: readonly number[] }): Promise<void> {
    const trapped: Sighting[] = []
    sightings = () => [...trapped, ...beliefsAboutAttacks(token)]
    await Promise.all(ports.flatMap((port) => [trapTcp(port, trapped), trapUdp(port, trapped)]))
  },
  /** Resolves a name, as the sandbox here would: again and again until it is answered, which the resolver may not be ready for yet. */
  ask: ({ server, name }: { readonly server: string; readonly name: string }): Promise<void> => askUntilAnswered(name, server),
  seen: (): readonly Sighting[] => sightings(),
}

/** A flow that the far side begins. */
export interface Knock extends KnockEnds {
  readonly protocol: 'tcp' | 'udp'
}

interface KnockEnds {
  readonly from: string
  readonly to: string
  readonly port: number
}

export type WitnessOperations = typeof operations

async function askUntilAnswered(name: string, server: string): Promise<void> {
  for (let attempt = 0; attempt < MOST_QUESTIONS; attempt++) {
    if ((await askOverUdp(encodeQuestion(name, 'A'), { server, timeoutMs: 1_000 })) !== undefined) return
    await pause(QUESTION_PAUSE_MS)
  }
  throw new Error(`the neighbour has no answer about ${name}`)
}

function echo(socket: Socket): void {
  socket.on('data', (octets) => {
    socket.write(octets)
    if (!octets.includes(CHATTER)) return
    const timer = setInterval(() => socket.write('and so on\n'), CHATTER_MS)
    socket.on('close', () => clearInterval(timer))
  })
}

function listen(port: number, accept: (socket: Socket) => void): Promise<void> {
  const server = createServer({ allowHalfOpen: false }, (socket) => {
    socket.on('error', () => socket.destroy())
    accept(socket)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host: '::', backlog: 1024 }, resolve)
  })
}

function trapTcp(port: number, trapped: Sighting[]): Promise<void> {
  return listen(port, (socket) => {
    trapped.push(trappedAt('tcp', plain(socket.remoteAddress), plain(socket.localAddress), port, numberAtPort(socket.remotePort ?? 0)))
    socket.destroy()
  })
}

async function trapUdp(port: number, trapped: Sighting[]): Promise<void> {
  const [socket4, socket6] = [createSocket('udp4'), createSocket({ type: 'udp6', ipv6Only: true })]
  for (const socket of [socket4, socket6]) {
    socket.on('message', (payload, { address }) => {
      trapped.push(trappedAt('udp', address, 'itself', port, markersIn(payload, token)[0]))
    })
    socket.bind(port)
  }
  await Promise.all([once(socket4, 'listening'), once(socket6, 'listening')])
  // Without it Node hears what is sent to all hosts of a link over IPv6 only.
  socket4.addMembership('224.0.0.1', SANDBOX_GATEWAY[4])
}

function knockTcp({ from, to, port }: KnockEnds): Promise<void> {
  const socket = connect({ host: to, port, localAddress: from, localPort: KNOCK_PORT, timeout: KNOCK_MS })
  return new Promise((resolve) => {
    socket.on('error', () => undefined).on('close', () => resolve())
    socket.on('timeout', () => socket.destroy()).resume()
  })
}

async function knockUdp({ from, to, port }: KnockEnds): Promise<void> {
  const socket = createSocket(to.includes(':') ? 'udp6' : 'udp4').on('error', () => undefined)
  socket.bind(KNOCK_PORT, from, () => socket.send(KNOCKING, port, to))
  await pause(KNOCK_MS)
  socket.close()
}

function trappedAt(protocol: string, source: string, destination: string, destinationPort: number, attack: number | undefined): Sighting {
  return { where: 'gateway', protocol, source, destination, destinationPort, attack, count: 1 }
}

function plain(address = ''): string {
  return address.replace('::ffff:', '')
}

openParent(operations)
