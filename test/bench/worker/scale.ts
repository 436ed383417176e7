// An updater with many sandboxes, each with a zone file of its own, and many live leases, in the kernel of the namespace that this runs in.
// Prints what changes cost as JSON.
//   scale.ts SANDBOXES LEASES
import { on } from 'node:events'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { parseName } from '../../../src/dns/name.ts'
import {
  decodeUpdaterFrame,
  encodeRequests,
  FrameDecoder,
  type OpenReply,
  type OpenRequest,
  RESOLVER_HELLO,
} from '../../../src/leases/protocol.ts'
import { parseAddress } from '../../../src/net/address.ts'
import { parsePrefix } from '../../../src/net/prefix.ts'
import { startUpdater, type UpdaterOptions } from '../../../src/updater/updater.ts'
import { GIVING_WAY, setPace } from '../../../src/zones/breath.ts'
import { watchTurns } from '../../support/turn.ts'
import { FIREWALL, LIMITS, SILENT } from '../../support/updater-options.ts'

const ENTRIES = 100
const BATCH = 200
const ROUNDS = 5

const [sandboxes, leases] = process.argv.slice(2).map(Number) as [number, number]
const folder = mkdtempSync(join(tmpdir(), 'sallyport-scale-'))
for (const name of ['zones', 'next', 'clients']) mkdirSync(join(folder, name))
const sourceOf = (sandbox: number) => `10.${77 + (sandbox >> 8)}.${sandbox & 255}.2`
const addresses = (sandbox: number) => [sourceOf(sandbox), `fd77:${sandbox.toString(16)}::2`].map((text) => parsePrefix(text)!)
const clients = Array.from({ length: sandboxes }, (_, sandbox) => ({ name: `s${sandbox}`, prefixes: addresses(sandbox) }))

function write(sandbox: number, version: number): void {
  const entries = Array.from({ length: ENTRIES - 1 }, (_, entry) => `host${entry}.example ${entry % 3 === 0 ? '443' : '443 8443'}`)
  const next = join(folder, 'next', 'zone')
  writeFileSync(next, [`$CLIENTS s${sandbox}`, `v${version}.s${sandbox}.example`, ...entries].join('\n'))
  renameSync(next, join(folder, 'zones', `s${sandbox}.zone`))
}

for (let sandbox = 0; sandbox < sandboxes; sandbox++) write(sandbox, 0)
writeFileSync(join(folder, 'zones', 'base.zone'), '$TIER base\nregistry.npmjs.org\n!*.evil.example\n203.0.113.0/24\n')

const options: UpdaterOptions = {
  ...{ socketPath: join(folder, 'leases', 'updater.sock'), peerUid: undefined, joined: join(folder, 'clients') },
  folders: { kind: 'one', folder: join(folder, 'zones') },
  settings: { clients, guard: 'forward', audit: false, neverOpen: [] },
  firewall: { ...FIREWALL, table: 'sallyport_scale' },
  limits: {
    ...LIMITS,
    ...{ confirmedSeconds: 86_400, longestLeaseSeconds: 86_400 },
    ...{ mostLeases: 262_144, flowsPerClient: 65_536, addressesPerName: 4_096 },
  },
  use: { reconnectSeconds: 600, surveySeconds: 3600 },
  log: SILENT,
}
const startedAt = performance.now()
let updater = await startUpdater(options)
setPace(GIVING_WAY)
const measured: Record<string, number> = { 'scale-start': performance.now() - startedAt }

await open(0, leases)
measured['scale-memory'] = process.memoryUsage().rss / 1e6
await note('one', 'median', async (round) => {
  write(round, round + 1)
  await updater.reload()
})
// The second of waiting for a resolver, which is not there, is no part of it.
await note('join', 'median', async (round) => {
  const { revision } = updater
  void updater.clients.put(`joined${round}`, { addresses: `10.99.0.${round + 1}`, zones: 'own.example\n' })
  while (updater.revision === revision) await pause(1)
})
await note('all', 'once', async () => {
  for (let sandbox = 0; sandbox < sandboxes; sandbox++) {
    write(sandbox, 1000)
    // So that no turn is ours.
    await nextTurn()
  }
  await updater.reload()
})
await updater.close()
await restart()
await updater.close()
rmSync(folder, { recursive: true })
process.stdout.write(JSON.stringify(measured))
process.exit(0)

/** Beside all that is open: until a name of now is open, and until what was found is taken over. */
async function restart(): Promise<void> {
  const start = performance.now()
  updater = await startUpdater(options)
  const endWatch = watchTurns()
  await open(leases, 1)
  measured['scale-restart'] = performance.now() - start
  while (updater.status().leaseCount <= leases) await pause(5)
  measured['scale-takeover'] = performance.now() - start
  measured['scale-takeover-block'] = (await endWatch()).longestMs
}

/** So many from the first on, batch after batch, each when the one before is open. */
async function open(from: number, count: number): Promise<void> {
  const frames = new FrameDecoder()
  const socket = createConnection(join(folder, 'leases', 'updater.sock'))
  socket.write(RESOLVER_HELLO)
  const replies = on(socket, 'data')
  for (let first = from; first < from + count; first += BATCH) {
    const size = Math.min(BATCH, from + count - first)
    socket.write(encodeRequests(Array.from({ length: size }, (_, lease) => request(first, lease))))
    for (let left = size; left > 0; ) {
      const [chunk] = (await replies.next()).value as [Buffer]
      for (const message of frames.push(chunk).map(decodeUpdaterFrame)) if (message.kind === 'replies') left -= countOpen(message.replies)
    }
  }
  socket.destroy()
}

function request(first: number, lease: number): OpenRequest {
  return {
    ...{ id: first + lease, revision: updater.revision, client: parseAddress(sourceOf((first / BATCH) % sandboxes))! },
    ...{
      name: parseName(`host${3 * (lease % 33)}.example`),
      addresses: [parseAddress(first < leases ? `198.51.100.${lease}` : `192.0.2.${lease}`)!],
      ttlSeconds: 80_000,
      stale: false,
    },
  }
}

function countOpen(replies: readonly OpenReply[]): number {
  const refused = replies.find(({ kind }) => kind === 'refused')
  if (refused !== undefined) throw new Error(JSON.stringify(refused))
  return replies.length
}

/** How long an act takes, and the longest turn meanwhile: for so long nobody else is heard. */
async function note(key: string, how: 'once' | 'median', act: (round: number) => Promise<void>): Promise<void> {
  const rounds: { readonly took: number; readonly stop: number }[] = []
  // The first is slower than any after it: what it runs through has not been compiled.
  for (let round = 0; round < (how === 'once' ? 1 : ROUNDS + 1); round++) rounds.push(await time(() => act(round)))
  const counted = (how === 'once' ? rounds : rounds.slice(1)).toSorted((one, other) => one.took - other.took)
  measured[`scale-${key}`] = counted[counted.length >> 1]!.took
  measured[`scale-${key}-block`] = Math.max(...counted.map(({ stop }) => stop))
}

async function time(act: () => Promise<void>): Promise<{ readonly took: number; readonly stop: number }> {
  await pause(300)
  const endWatch = watchTurns()
  const start = performance.now()
  await act()
  const took = performance.now() - start
  const { longestMs } = await endWatch()
  return { took, stop: longestMs }
}
