// A real updater on a real kernel, in a network namespace of the test file's own, with a peer that speaks the protocol by hand.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { isName } from '../../src/dns/name.ts'
import {
  decodeUpdaterFrame,
  encodeRequests,
  FrameDecoder,
  type OpenReply,
  type OpenRequest,
  RESOLVER_HELLO,
  type UpdaterMessage,
} from '../../src/leases/protocol.ts'
import { parseAddress } from '../../src/net/address.ts'
import { parsePrefix } from '../../src/net/prefix.ts'
import type { ClientEntry } from '../../src/policy/client.ts'
import { type FirewallOptions, startUpdater, type Updater, type UpdaterOptions } from '../../src/updater/updater.ts'
import type { TierLimits } from '../../src/zones/tier-limit.ts'
import { FIREWALL, LIMITS, SILENT } from '../support/updater-options.ts'
import { eventually } from '../support/wait.ts'

export const CLIENT = '10.77.0.2'
const SANDBOX: ClientEntry = { name: 'sandbox', prefixes: [parsePrefix(CLIENT)!, parsePrefix('fd77::2')!] }

export interface RigOptions {
  readonly zone: string
  readonly firewall?: Partial<FirewallOptions>
  readonly limits?: Partial<UpdaterOptions['limits']>
  readonly use?: Partial<UpdaterOptions['use']>
  readonly neverOpen?: readonly string[]
  readonly peerUid?: number
  readonly appLimits?: TierLimits
  readonly log?: UpdaterOptions['log']
}

export interface Rig {
  readonly folder: string
  readonly options: UpdaterOptions
  readonly updater: Updater
  /** Replaces the one zone file, atomically. */
  writeZone(text: string): void
  /** Connects, and closes with the test. */
  connect(): Promise<Peer>
  /** Stops the updater and starts another on the same folder. */
  restart(changes?: { readonly firewall?: Partial<FirewallOptions> }): Promise<Updater>
}

/** Everything is gone at the end of the test, the table included. */
export async function startRig(t: TestContext, rig: RigOptions): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-updater-'))
  const zones = join(folder, 'zones')
  execFileSync('mkdir', [zones, join(folder, 'clients')])
  const writeZone = (text: string): void => {
    writeFileSync(join(folder, 'next'), text)
    renameSync(join(folder, 'next'), join(zones, 'app.zone'))
  }
  writeZone(rig.zone)
  const options = optionsOf(folder, zones, rig)
  let updater = await startUpdater(options)
  const peers: Peer[] = []
  t.after(async () => {
    for (const peer of peers) peer.close()
    await updater.close()
    cleanKernel()
    rmSync(folder, { recursive: true })
  })
  return {
    folder,
    options,
    get updater() {
      return updater
    },
    writeZone,
    connect: async () => {
      const peer = await connectPeer(options.socketPath)
      peers.push(peer)
      return peer
    },
    restart: async (changes = {}) => {
      await updater.close()
      updater = await startUpdater({ ...options, firewall: { ...options.firewall, ...changes.firewall } })
      return updater
    },
  }
}

function optionsOf(folder: string, zones: string, rig: RigOptions): UpdaterOptions {
  const firewall = { ...FIREWALL, ...rig.firewall }
  const neverOpen = (rig.neverOpen ?? []).map((text) => parsePrefix(text)!)
  return {
    socketPath: join(folder, 'leases', 'updater.sock'),
    peerUid: rig.peerUid,
    folders: { kind: 'one', folder: zones },
    settings: {
      ...{ clients: [SANDBOX], guard: firewall.guard, audit: false, neverOpen },
      ...(rig.appLimits === undefined ? {} : { appLimits: rig.appLimits }),
    },
    joined: join(folder, 'clients'),
    firewall,
    use: { reconnectSeconds: 600, surveySeconds: 20, ...rig.use },
    limits: { ...LIMITS, ...rig.limits },
    log: rig.log ?? SILENT,
  }
}

/** Nothing of ours, and nothing of the test's own, is left in the namespace. */
export function cleanKernel(): void {
  nft('flush ruleset')
  const commands = ['-4', '-6'].map((family) => `ip ${family} rule flush; ip ${family} rule add pref 32766 lookup main`)
  execFileSync('sh', ['-c', `${commands.join('; ')}; ip rule add pref 0 lookup local; ip -6 rule add pref 0 lookup local; conntrack -F`], {
    stdio: 'ignore',
  })
}

export interface Peer {
  readonly revision: string
  readonly generation: number
  /** What has been said, the greeting first. */
  readonly heard: readonly UpdaterMessage[]
  readonly isClosed: boolean
  send(lines: string): void
  /** Sends requests in one line and returns their replies, in the order of the requests. */
  open(...requests: readonly Partial<Wish>[]): Promise<readonly OpenReply[]>
  /** Waits for the next revision after the one known. */
  nextRevision(): Promise<string>
  close(): void
}

export interface Wish {
  readonly name: string
  readonly addresses: readonly string[]
  readonly client: string
  readonly ttlSeconds: number
  readonly stale: boolean
  readonly revision: string
}

export async function connectPeer(path: string, hello = RESOLVER_HELLO): Promise<Peer> {
  const socket = createConnection(path)
  const heard: UpdaterMessage[] = []
  const state = { revision: '', generation: -1, isClosed: false, nextId: 1 }
  const frames = new FrameDecoder()
  socket.on('data', (chunk) => {
    for (const message of frames.push(chunk).map(decodeUpdaterFrame)) {
      heard.push(message)
      if (message.kind === 'hello' || message.kind === 'revision') state.revision = message.revision
      if ('generation' in message) state.generation = message.generation
    }
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    state.isClosed = true
  })
  socket.write(hello)
  await eventually('a greeting or a closed door', () => heard.length > 0 || state.isClosed)
  return makePeer(socket, heard, state)
}

function makePeer(
  socket: Socket,
  heard: readonly UpdaterMessage[],
  state: { revision: string; generation: number; isClosed: boolean; nextId: number },
): Peer {
  const replyTo = (id: number): OpenReply | undefined =>
    heard.flatMap((message) => (message.kind === 'replies' ? message.replies : [])).find((reply) => reply.id === id)
  return {
    heard,
    get revision() {
      return state.revision
    },
    get generation() {
      return state.generation
    },
    get isClosed() {
      return state.isClosed
    },
    send: (text) => void socket.write(text),
    open: (...wishes) => {
      const requests = wishes.map((wish) => requestOf(state.nextId++, { revision: state.revision, ...wish }))
      socket.write(encodeRequests(requests))
      return eventually('every request has its reply', () => {
        const replies = requests.map(({ id }) => replyTo(id))
        return replies.every((reply) => reply !== undefined) && replies
      })
    },
    nextRevision: () => {
      const before = state.revision
      return eventually('another revision', () => state.revision !== before && state.revision)
    },
    close: () => socket.destroy(),
  }
}

function requestOf(id: number, wish: Partial<Wish> & { readonly revision: string }): OpenRequest {
  const { name = 'example.org', addresses = ['192.0.2.1'], client = CLIENT, ttlSeconds = 60, stale = false, revision } = wish
  if (!isName(name)) throw new Error(`not a name: ${name}`)
  return { id, revision, client: parseAddress(client)!, name, addresses: addresses.map((text) => parseAddress(text)!), ttlSeconds, stale }
}

/** Commands of nft(8), one a line. */
export function nft(commands: string, ...options: readonly string[]): string {
  return execFileSync('nft', [...options, '-f', '-'], { input: commands, encoding: 'utf8', stdio: 'pipe' })
}

export interface ListedElement {
  /** Fields as nft prints them, joined with " . ". */
  readonly key: string
  readonly expires: number | undefined
  readonly comment: string | undefined
}

/** The elements of a set as nft(8) sees them, "inet sallyport allow4" by default. */
export function listSet(set = 'inet sallyport allow4'): readonly ListedElement[] {
  const text = execFileSync('nft', ['-nj', 'list', 'set', ...set.split(' ')], { encoding: 'utf8', stdio: 'pipe', maxBuffer: 2 ** 24 })
  const { nftables } = JSON.parse(text) as { nftables: { set?: { elem?: unknown[] } }[] }
  return nftables.flatMap((entry) => entry.set?.elem ?? []).map(listed)
}

function listed(element: unknown): ListedElement {
  const { elem } = element as { elem?: { val: unknown; expires?: number; comment?: string } }
  return { key: keyText(elem === undefined ? element : elem.val), expires: elem?.expires, comment: elem?.comment }
}

function keyText(value: unknown): string {
  return typeof value === 'object' && value !== null ? (value as { concat: unknown[] }).concat.join(' . ') : String(value)
}
