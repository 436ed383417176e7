// The updater's commit alone, in the kernel of the namespace that this runs in: first leases one by one, then as many by batches. Prints
// p50 and leases a second as JSON.
//   commit.ts COUNT
import { parseName } from '../../../src/dns/name.ts'
import { decodeRequests, encodeRequests } from '../../../src/leases/batch.ts'
import type { OpenRequest } from '../../../src/leases/protocol.ts'
import { addressFromValue, addressValue, parseAddress } from '../../../src/net/address.ts'
import { leaseClock, wallClock } from '../../../src/updater/clock.ts'
import { createEnforcer } from '../../../src/updater/enforcer.ts'
import { createKernelFirewall } from '../../../src/updater/kernel.ts'
import { noteChanges } from '../../../src/updater/noted.ts'
import type { UpdaterOptions } from '../../../src/updater/options.ts'
import { policyOf } from '../../resolver/world.ts'
import { FIREWALL, LIMITS, SILENT } from '../../support/updater-options.ts'
import { percentile } from '../statistics.ts'

const BATCH = 256
const RESOLVER_UID = 59_053
const FIRST = addressValue(parseAddress('2001:db8::')!)
const CLIENT = parseAddress('127.0.0.1')!

const count = Number(process.argv[2])
const policy = policyOf(['*.new.example'], { guard: 'output' })
const limits = { ...LIMITS, mostLeases: 4 * count, leasesPerClient: 4 * count, flowsPerClient: 0 }
const firewall: UpdaterOptions['firewall'] = {
  ...FIREWALL,
  ...{ table: 'sallyport_commit', ownerFlag: 'auto', guard: 'output', interfaces: [], resolverPort: 5300, resolverUid: RESOLVER_UID },
}
const settings = { clients: [], guard: 'output', audit: false, neverOpen: [] } as const
const kernel = createKernelFirewall({ firewall, settings, limits, log: SILENT })
const enforcer = createEnforcer({
  ...{
    firewall: noteChanges(kernel, { onChange: () => {}, obstacle: () => undefined }),
    conntrack: undefined,
    flowMark: 0,
    limits,
    log: SILENT,
    wallClock,
    leaseClock,
  },
  rules: () => ({ policy, ranges: [] }),
  onGeneration: () => {},
})
enforcer.adopt()
// As in earnest, where it comes five times a second: once the table is ours the kernel need not tell of what we write.
enforcer.tick()
const drawn = Array.from({ length: 2 * count }, (_, id): OpenRequest => {
  const address = addressFromValue(FIRST + BigInt(id), 6)
  return {
    id,
    revision: policy.revision,
    client: CLIENT,
    name: parseName(`n${id}.new.example`),
    addresses: [address],
    ttlSeconds: 300,
    stale: false,
  }
})

// As they come from the socket.
const requests = drawn.map((request) => decodeRequests(Buffer.from(encodeRequests([request])))[0]!)
const micros = requests.slice(0, count).map((request) => {
  const startedAt = performance.now()
  open([request])
  return (performance.now() - startedAt) * 1000
})
const startedAt = performance.now()
for (let first = count; first < 2 * count; first += BATCH) open(requests.slice(first, first + BATCH))
const seconds = (performance.now() - startedAt) / 1000

const ascending = micros.toSorted((one, other) => one - other)
process.stdout.write(JSON.stringify({ 'commit-p50': percentile(ascending, 50), 'commit-rate': count / seconds }))
process.exit(0)

function open(some: readonly OpenRequest[]): void {
  const refused = enforcer.open(some).find(({ kind }) => kind === 'refused')
  if (refused !== undefined) throw new Error(JSON.stringify(refused))
}
