// What an attack is. Each has a file of its own below `attack/`, in the folder of its group; the file's name is the attack's.
import type { Capability } from '../../linux/privilege.ts'
import type { Disturbance } from './disturb.ts'
import type { GuardUnderTest, Pair, Share, Zone } from './plan.ts'

export interface Attack {
  /** One line: what it tries. */
  readonly tries: string
  /** What it assumes the sandbox to hold over its own namespace; nothing unless told. Under guard `output`, which grants nothing, it tries without. */
  readonly assumes?: readonly Capability[]
  /** Where it can be tried at all: under every guard unless told. */
  readonly guards?: readonly GuardUnderTest[]
  /** What happens to the guard meanwhile: side by side with the other attacks that want the same. Nothing unless told. */
  readonly during?: Disturbance
  /** Why the design does not cover it: it gets out, and is told so. */
  readonly open?: string
  /** What the guard must have so that the design covers it; where it has not, that is told as known and open. */
  readonly asks?: 'a protected table' | 'an owned table'
  /** Why nothing arrives even where there is no guard. */
  readonly inert?: string
  /** Ends when all that it sends is on its way. An error that it throws says that it could not be tried. */
  run(tools: Tools): Promise<unknown> | unknown
}

export interface TcpOptions {
  /** Sent once connected; the marker unless told. */
  readonly payload?: Uint8Array
  readonly source?: string
  readonly timeoutMs?: number
}

export interface UdpOptions {
  readonly source?: string
  readonly sourcePort?: number
}

/** A connection that stays. */
export interface Flow {
  send(payload: Uint8Array): void
  close(): void
}

/** What an attack has at hand. Refusals are outcomes, never errors: what counts is what arrives. */
export interface Tools extends Share {
  readonly guard: GuardUnderTest
  /** The marker, as a payload. */
  readonly payload: Buffer
  /** Our own addresses, the gateway's on our link, the neighbour's, and the upstream's. */
  readonly own: Pair
  readonly gateway: Pair
  readonly neighbour: Pair
  readonly upstream: Pair
  /** Where the sandbox sends its questions. */
  readonly resolver: string
  /** "<marker>.open.example"; with a trick, a name that the upstream answers as its `answers.ts` says. */
  name(zone: Zone, trick?: string): string
  /** Asks the resolver; the addresses of the answer. */
  ask(name: string, type?: string | number, server?: string): Promise<readonly string[]>
  /** A query as octets. */
  question(name: string, type?: string | number): Buffer
  /** Connects, sends, hangs up. Whether it was connected. */
  tcp(address: string, port: number, options?: TcpOptions): Promise<boolean>
  /** Asks for an allowed name of the zone, connects to port 443 and stays. Throws where that fails again and again: the attack cannot be tried. */
  begin(zone: Zone, family: 4 | 6): Promise<Flow>
  /** Connects and stays; undefined where that fails. */
  flow(address: string, port: number): Promise<Flow | undefined>
  udp(address: string, port: number, payload?: Uint8Array, options?: UdpOptions): Promise<void>
  /** A packet with headers of our own making, through our namespace's routing. */
  packet(octets: Uint8Array): void
  /** The same as a frame to the next hop, past routing and rules of our namespace; with tags of virtual networks (`TAG` of packet.ts), if there are any. */
  frame(octets: Uint8Array, tags?: readonly number[]): void
  /** An ICMP echo request as programs without privileges send it, with the marker. */
  ping(address: string): void
  /** A datagram to port 443 that carries a mark. */
  marked(mark: number, address: string): void
  /** Runs Node's code of one line as another user. */
  asUser(uid: number, script: string): Promise<void>
  /** The same as root of a user namespace of its own, once that has flushed every rule that it may. */
  asOwnRoot(script: string): Promise<void>
  /** Flushes every rule that it may. */
  flushRules(): void
  /** The processes of the sallyport under attack, from /proc. */
  guardPids(): readonly number[]
  /** Sends a datagram to port 443 from the network namespace of the guard. */
  enterGuard(address: string, payload: Uint8Array): void
  /** The state folder of the sallyport under attack; undefined where there is none. */
  readonly state: string | undefined
  /** Connects to a Unix socket and sends the words as they are. */
  unix(path: string, words: readonly (string | Uint8Array)[]): Promise<void>
  /** Says that all is ready for what happens to the guard, and ends when it has happened. */
  disturbed(): Promise<unknown>
  /** Has the far side begin a flow to us, from our closed address unless told. Ends when it has been answered, or not. */
  knock(protocol: 'tcp' | 'udp', family: 4 | 6, port: number, from?: 'closed' | 'open'): Promise<unknown>
  /** Answers all that comes to that port of ours with the marker. */
  answer(protocol: 'tcp' | 'udp', port: number): Promise<void>
  /** Tries again and again, until `during` has ended. */
  storm(attempt: () => Promise<unknown> | unknown, during: Promise<unknown>): Promise<void>
  pause(milliseconds: number): Promise<void>
}
