// The tools of an attack, made for it. They run in the sandbox, with what privileges it has.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer, type Socket, type TcpNetConnectOpts } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { SystemError } from '../../linux/error.ts'
import { sendEcho, sendFrame, sendMarked, sendPacket } from '../../linux/packet.ts'
import { encodeAddress, parseAddress } from '../../net/address.ts'
import { askOverUdp, encodeQuestion } from '../question.ts'
import type { Flow, TcpOptions, Tools, UdpOptions } from './attack.ts'
import { FAR, GATEWAY, type GuardUnderTest, NEIGHBOUR, type Pair, SANDBOX, SANDBOX_GATEWAY, SAYING, shareOf, type Zone } from './plan.ts'
import { asUser, thefts } from './theft.ts'
import type { Knock } from './witness.ts'

const CONNECT_MS = 300
const ANSWER_MS = 1_500
/** How often a connection to an allowed name is tried, and what passes in between. */
const PATIENCE = 20
const RETRY_MS = 50
/** What the other side needs to take a line in before we hang up. */
const LINGER_MS = 30

/** Where the sandbox is: its own addresses, and whom it asks. */
export interface Place {
  readonly own: Pair
  readonly resolver: string
}

export interface Setting {
  readonly token: string
  readonly place: Place
  readonly guard: GuardUnderTest
  readonly device: string
  readonly state: string | undefined
  disturbed(): Promise<unknown>
  knock(knock: Knock): Promise<unknown>
}

/** In a world of ours. Without a guard there is no resolver of ours either: the sandbox asks whom it likes. */
export function placeUnder(guard: GuardUnderTest): Place {
  return {
    own: guard === 'output' ? GATEWAY : SANDBOX,
    resolver: { forward: SANDBOX_GATEWAY[4], output: '127.0.0.1', none: FAR[4] }[guard],
  }
}

export function createTools({ token, place, guard, device, state, disturbed, knock }: Setting, number: number): Tools {
  const share = shareOf(token, number)
  const { marker, sourcePort } = share
  const payload = Buffer.from(`${marker}${SAYING}\n`)
  const { own, resolver } = place

  const open = (address: string, port: number, { source, timeoutMs = CONNECT_MS }: TcpOptions = {}) =>
    openSocket({ host: address, port, localPort: sourcePort, ...(source === undefined ? {} : { localAddress: source }) }, timeoutMs)

  async function tcp(address: string, port: number, options: TcpOptions = {}): Promise<boolean> {
    const socket = await open(address, port, options)
    if (socket === undefined) return false
    socket.write(options.payload ?? payload)
    await pause(LINGER_MS)
    socket.destroy()
    return true
  }

  async function flow(address: string, port: number): Promise<Flow | undefined> {
    const socket = await open(address, port)
    return socket && { send: (octets) => void socket.write(octets), close: () => void socket.destroy() }
  }

  const name = (zone: Zone, trick?: string): string => [marker, ...(trick === undefined ? [] : [trick]), zone, 'example'].join('.')
  const ask = async (asked: string, type: string | number = 'A', server = resolver): Promise<readonly string[]> =>
    (await askOverUdp(encodeQuestion(asked, type), { server, timeoutMs: ANSWER_MS }))?.addresses ?? []

  async function begin(zone: Zone, family: 4 | 6): Promise<Flow> {
    for (let attempt = 0; attempt < PATIENCE; attempt++) {
      const [address] = await ask(name(zone), family === 4 ? 'A' : 'AAAA')
      const begun = address === undefined ? undefined : await flow(address, 443)
      if (begun !== undefined) return begun
      await pause(RETRY_MS)
    }
    throw new Error(`no connection to ${name(zone)} came about`)
  }

  return {
    ...share,
    guard,
    payload,
    own,
    gateway: guard === 'output' ? FAR : SANDBOX_GATEWAY,
    neighbour: NEIGHBOUR,
    upstream: FAR,
    resolver,
    name,
    question: (name, type = 'A') => encodeQuestion(name, type),
    ask,
    begin,
    tcp,
    flow,
    udp: (address, port, octets = payload, options = {}) => sendDatagram(address, port, octets, options),
    packet: (octets) => refusable(() => sendPacket(octets)),
    frame: (octets, tags) => refusable(() => sendFrame(device, nextHop(), octets, tags)),
    ping: (address) => refusable(() => sendEcho(encodeAddress(parseAddress(address)!), payload)),
    marked: (mark, address) => refusable(() => sendMarked(mark, encodeAddress(parseAddress(address)!), payload)),
    asUser,
    ...thefts(state),
    unix: speak,
    state,
    disturbed,
    knock: (protocol, family, port, from = 'closed') => knock({ protocol, port, from: share[from][family], to: own[family] }),
    answer: (protocol, port) => answerAt(protocol, port, payload),
    storm,
    pause: (milliseconds) => pause(milliseconds),
  }
}

function openSocket(options: TcpNetConnectOpts, timeoutMs: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(options)
    const give = (outcome: Socket | undefined): void => {
      clearTimeout(timer)
      if (outcome === undefined) socket.destroy()
      resolve(outcome)
    }
    const timer = setTimeout(() => give(undefined), timeoutMs)
    socket.on('error', () => give(undefined))
    socket.on('connect', () => give(socket))
  })
}

function sendDatagram(address: string, port: number, octets: Uint8Array, { source, sourcePort }: UdpOptions): Promise<void> {
  const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', reuseAddr: true })
  return new Promise((resolve) => {
    const finish = (): void => {
      socket.removeAllListeners('error').on('error', () => undefined)
      socket.close()
      resolve()
    }
    socket.once('error', finish)
    socket.bind({ address: source, port: sourcePort ?? 0 }, () => socket.send(octets, port, address, finish))
  })
}

/** For as long as the process lives. */
async function answerAt(protocol: 'tcp' | 'udp', port: number, payload: Buffer): Promise<void> {
  if (protocol === 'tcp') {
    const server = createServer((socket) => socket.on('error', () => socket.destroy()).end(payload)).listen(port, '::')
    return void (await once(server, 'listening'))
  }
  const socket = createSocket('udp6').on('message', (_message, { address, port: back }) =>
    socket.send(payload, back, address, () => undefined),
  )
  socket.bind(port, '::')
  await once(socket, 'listening')
}

/** No privilege, no route, or a rule of our own namespace: that is a refusal as well. */
function refusable(send: () => void): void {
  try {
    send()
  } catch (error) {
    if (!(error instanceof SystemError)) throw error
  }
}

/** The Ethernet address of whoever routes for us, from the table of neighbours. */
export function nextHop(): Uint8Array {
  const [, first] = readFileSync('/proc/net/arp', 'utf8').split('\n')
  const station = first?.split(/\s+/)[3]
  if (station === undefined) throw new Error('the next hop is not in /proc/net/arp')
  return Buffer.from(station.replaceAll(':', ''), 'hex')
}

function speak(path: string, words: readonly (string | Uint8Array)[]): Promise<void> {
  const socket = connect(path)
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve()
    }
    const timer = setTimeout(finish, CONNECT_MS)
    socket.on('error', finish).on('close', finish)
    socket.on('connect', () => {
      for (const word of words) socket.write(word)
    })
  })
}

async function storm(attempt: () => Promise<unknown> | unknown, during: Promise<unknown>): Promise<void> {
  let storming = true
  during.finally(() => {
    storming = false
  })
  while (storming) {
    await attempt()
    await pause(1)
  }
  await during
}
