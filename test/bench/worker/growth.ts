// What one query and one commit cost beside so many sandboxes, entries and live leases, in the kernel of the namespace that this runs in.
// Prints microseconds as JSON.
//   growth.ts SANDBOXES ENTRIES LEASES
import { createHash } from 'node:crypto'
import { parseName } from '../../../src/dns/name.ts'
import type { OpenRequest } from '../../../src/leases/protocol.ts'
import { addressFromValue, addressValue, parseAddress } from '../../../src/net/address.ts'
import { parsePrefix } from '../../../src/net/prefix.ts'
import { buildPolicy } from '../../../src/policy/policy.ts'
import { leaseClock, wallClock } from '../../../src/updater/clock.ts'
import { createEnforcer } from '../../../src/updater/enforcer.ts'
import { createKernelFirewall } from '../../../src/updater/kernel.ts'
import { parseZone } from '../../../src/zones/parse.ts'
import { a, createWorld, encode, respond } from '../../resolver/world.ts'
import { FIREWALL, LIMITS, SILENT } from '../../support/updater-options.ts'
import { percentile } from '../statistics.ts'

/** As many names of the one sandbox that asks, however many there are beside them. */
const ASKED = 10
const QUERIES = 100_000
const COMMITS = 5_000
const BATCH = 200
const FIRST = addressValue(parseAddress('2001:db8::')!)

const [sandboxes, entries, leases] = process.argv.slice(2).map(Number) as [number, number, number]
const sourceOf = (sandbox: number) => parseAddress(`fd77::${sandbox.toString(16)}:2`)!
const nameOf = (entry: number) => parseName(`host${entry}.example`)
const clients = Array.from({ length: sandboxes }, (_, sandbox) => ({ name: `s${sandbox}`, prefixes: [parsePrefix(sourceOf(sandbox))!] }))
const settings = { clients, guard: 'forward', audit: false, neverOpen: [] } as const
const policy = buildPolicy({ ...settings, files: clients.map(({ name }) => zoneOf(name)) })

process.stdout.write(JSON.stringify({ query: await timeQuery(), commit: timeCommit() }))
process.exit(0)

function zoneOf(client: string) {
  const text = [`$CLIENTS ${client}`, ...Array.from({ length: entries }, (_, entry) => nameOf(entry))].join('\n')
  return { ...parseZone(text, { file: `${client}.zone`, tier: undefined }).zone!, digest: createHash('sha256').update(text).digest('hex') }
}

/** Every sandbox has asked for every name. Then the first asks again and again: in the median of its rounds. */
async function timeQuery(): Promise<number> {
  const script = (question: { readonly name: string }) => respond(question as never, { answers: [a(question.name, '2001:db8::1')] })
  const { resolver, ask, askerOf } = createWorld([], script, { policy, cacheOctets: 1 << 30 })
  for (let sandbox = 0; sandbox < sandboxes; sandbox++)
    for (let entry = 0; entry < entries; entry++) await ask(nameOf(entry), 'AAAA', sourceOf(sandbox))
  const queries = Array.from({ length: ASKED }, (_, entry) => encode(nameOf(entry), 'AAAA'))
  const asker = askerOf(sourceOf(0))!
  const reply = new Uint8Array(65_535)
  const rounds = Array.from({ length: QUERIES / ASKED }, () => {
    const startedAt = performance.now()
    for (const query of queries) {
      if (resolver.answer(query, query.length, asker, reply, 'udp') <= 0) throw new Error('a cached name had to wait')
    }
    return ((performance.now() - startedAt) * 1000) / ASKED
  })
  return medianOf(rounds)
}

/** So many leases are open. Then the first sandbox opens one after the other. */
function timeCommit(): number {
  const limits = { ...LIMITS, mostLeases: 524_288, leasesPerClient: 524_288, addressesPerName: 524_288, flowsPerClient: 0 }
  const kernel = createKernelFirewall({ firewall: { ...FIREWALL, table: 'sallyport_growth' }, settings, limits, log: SILENT })
  const enforcer = createEnforcer({
    ...{ firewall: kernel, conntrack: undefined, flowMark: 0, limits, log: SILENT, wallClock, leaseClock },
    rules: () => ({ policy, ranges: [] }),
    onGeneration: () => {},
  })
  enforcer.adopt()
  const requestOf = (id: number, sandbox: number): OpenRequest => ({
    ...{ id, revision: policy.revision, client: sourceOf(sandbox), name: nameOf(id % ASKED), ttlSeconds: 80_000, stale: false },
    addresses: [addressFromValue(FIRST + BigInt(id), 6)],
  })
  const open = (requests: readonly OpenRequest[]): void => {
    const refused = enforcer.open(requests).find(({ kind }) => kind === 'refused')
    if (refused !== undefined) throw new Error(JSON.stringify(refused))
  }
  for (let first = 0; first < leases; first += BATCH) {
    open(Array.from({ length: Math.min(BATCH, leases - first) }, (_, index) => requestOf(first + index, (first + index) % sandboxes)))
  }
  const commits = Array.from({ length: COMMITS }, (_, index) => {
    const request = requestOf(leases + index, 0)
    const startedAt = performance.now()
    open([request])
    return (performance.now() - startedAt) * 1000
  })
  return medianOf(commits)
}

function medianOf(values: readonly number[]): number {
  return percentile(
    values.toSorted((one, other) => one - other),
    50,
  )
}
