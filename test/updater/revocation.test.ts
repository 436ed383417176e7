// What the policy takes back closes within a second, established flows included, and nothing else does.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { openConntrack } from '../../src/linux/conntrack.ts'
import { BEGUN_MARK } from '../../src/updater/ruleset/common.ts'
import { MOST_REVOKED } from '../../src/updater/ruleset/sets.ts'
import { addFlows, crowd } from '../support/conntrack-crowd.ts'
import { enterPrivateNamespace } from '../support/netns.ts'
import { eventually } from '../support/wait.ts'
import { CLIENT, listSet, nft, type Peer, startRig } from './rig.ts'

enterPrivateNamespace()

const WITHIN_MS = 1000
const ADDRESSES_A_NAME = 64
const keysOf = (set?: string) =>
  listSet(set)
    .map(({ key }) => key)
    .sort()

/** A flow as conntrack would have it after the sandbox had connected. */
function makeFlow(destination: string, port: number, source = CLIENT): void {
  const words = [
    '-I',
    '-s',
    source,
    '-d',
    destination,
    '-p',
    'tcp',
    '--sport',
    '40000',
    '--dport',
    String(port),
    '--state',
    'ESTABLISHED',
    '-t',
    '600',
    '-m',
    String(BEGUN_MARK),
  ]
  execFileSync('conntrack', words, { stdio: 'ignore' })
}

function countFlows(): number {
  return Number(readFileSync('/proc/sys/net/netfilter/nf_conntrack_count', 'utf8'))
}

function flowsNow(): readonly string[] {
  const conntrack = openConntrack()
  try {
    return conntrack
      .flows(4)
      .map(({ source, destination, destinationPort }) => `${source} ${destination} ${destinationPort}`)
      .sort()
  } finally {
    conntrack.close()
  }
}

/** All others end within a second; these stay. */
async function leavesFlows(...expected: readonly string[]): Promise<void> {
  await eventually('other flows have ended', () => flowsNow().length <= expected.length, WITHIN_MS)
  assert.deepEqual(flowsNow(), expected.toSorted())
}

test('a name removed closes its addresses within a second; a new generation makes the resolver ask again', async (t) => {
  const { connect, writeZone } = await startRig(t, { zone: 'example.org\nexample.net\n' })
  const peer = await connect()
  await peer.open({}, { name: 'example.net', addresses: ['192.0.2.2'] })
  const { generation } = peer
  writeZone('example.net\n')
  await eventually('the element is gone', () => keysOf().length === 1, WITHIN_MS)
  assert.deepEqual(keysOf(), [`${CLIENT} . 192.0.2.2 . 6 . 443`])
  await eventually('the news', () => peer.generation !== generation)
  assert.deepEqual(
    (await peer.open({})).map((reply) => reply.kind === 'refused' && reply.reason),
    ['policy'],
  )
})

test('of two names on one address one is removed: the other keeps it, for its own time', async (t) => {
  const { connect, writeZone } = await startRig(t, { zone: 'example.org\nexample.net\n' })
  const peer = await connect()
  await peer.open({ ttlSeconds: 600 }, { name: 'example.net', ttlSeconds: 60 })
  writeZone('example.net\n')
  await peer.nextRevision()
  const [element] = listSet()
  assert.equal(element?.comment, 'example.net')
  assert.ok(element.expires! <= 120 && element.expires! >= 118)
})

test('a narrower port list closes the ports it lost, a wider one opens those it gained', async (t) => {
  const { connect, writeZone } = await startRig(t, { zone: 'example.org 443 22\n' })
  const peer = await connect()
  await peer.open({})
  writeZone('example.org 443 8000-8100\n')
  await peer.nextRevision()
  assert.deepEqual(keysOf(), [`${CLIENT} . 192.0.2.1 . 6 . 443`])
  assert.deepEqual(keysOf('inet sallyport tcp_8000_8100_v4'), [`${CLIENT} . 192.0.2.1`])
  writeZone('example.org 443\n')
  await peer.nextRevision()
  assert.throws(() => listSet('inet sallyport tcp_8000_8100_v4'))
})

test('an entry closes when its time is over, flows included, without a change of zone files', async (t) => {
  const { connect } = await startRig(t, { zone: 'example.org until=2027-03-01\n' })
  const peer = await connect()
  await peer.open({})
  makeFlow('192.0.2.1', 443)
  assert.deepEqual([keysOf().length, flowsNow().length], [1, 1])
  t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2027, 2, 2) })
  await eventually('element and flow are gone', () => keysOf().length === 0 && flowsNow().length === 0, WITHIN_MS)
})

test('flows of a revoked name end; its neighbours, and those of another client, flow on', async (t) => {
  const { connect, writeZone } = await startRig(t, { zone: 'example.org 443 22\nexample.net\n198.51.100.0/24\n' })
  const peer = await connect()
  await peer.open({}, { name: 'example.net' }, { addresses: ['192.0.2.9'] })
  makeFlow('192.0.2.1', 22)
  makeFlow('192.0.2.1', 443)
  makeFlow('192.0.2.9', 443)
  makeFlow('192.0.2.9', 443, '10.77.0.3')
  makeFlow('198.51.100.1', 443)
  writeZone('example.net\n198.51.100.0/25\n')
  await leavesFlows(`${CLIENT} 192.0.2.1 443`, `${CLIENT} 198.51.100.1 443`, '10.77.0.3 192.0.2.9 443')
})

test('flows of a static entry end with it', async (t) => {
  const { writeZone } = await startRig(t, { zone: '198.51.100.0/24\n203.0.113.0/24\n' })
  makeFlow('198.51.100.1', 443)
  makeFlow('203.0.113.1', 443)
  writeZone('203.0.113.0/24\n')
  await leavesFlows(`${CLIENT} 203.0.113.1 443`)
})

test('a flow that outlives its lease still ends when its name is removed, unless another name had opened it too', async (t) => {
  const { connect, writeZone, updater } = await startRig(t, { zone: 'example.org\nexample.net\n', limits: { longestLeaseSeconds: 1 } })
  const peer = await connect()
  await peer.open({ addresses: ['192.0.2.1', '192.0.2.2'] }, { name: 'example.net', addresses: ['192.0.2.2'] })
  makeFlow('192.0.2.1', 443)
  makeFlow('192.0.2.2', 443)
  await eventually('the leases have ended', () => updater.status().elements === 0)
  assert.equal(flowsNow().length, 2)
  writeZone('example.net\n')
  await leavesFlows(`${CLIENT} 192.0.2.2 443`)
  assert.deepEqual(keysOf('inet sallyport revoked4'), [`${CLIENT} . 192.0.2.1`], 'the rules would refuse what no lease holds any more')
})

test('more than can be judged anew closes all the same, flows included', async (t) => {
  const { connect, writeZone } = await startRig(t, { zone: '*.example.org any\n' })
  const peer = await connect()
  for (let block = 0; block * ADDRESSES_A_NAME <= MOST_REVOKED; block++) {
    const addresses = Array.from({ length: ADDRESSES_A_NAME }, (_, host) => `11.${block >> 8}.${block & 255}.${host}`)
    await peer.open({ name: `n${block}.example.org`, addresses })
  }
  makeFlow('11.1.0.1', 443)
  writeZone('\n')
  await peer.nextRevision()
  assert.equal(keysOf('inet sallyport any4').length, 0)
  assert.equal(keysOf('inet sallyport revoked4').length, MOST_REVOKED)
  await leavesFlows()
})

const CROWD = 200_000

/** Looks at an address again and again until `isOver`; how long it waited for one at most. */
async function longestWait(peer: Peer, isOver: () => boolean): Promise<number> {
  let longest = 0
  while (!isOver()) {
    const asked = performance.now()
    await peer.open({ name: 'example.net', addresses: ['192.0.2.250'] })
    longest = Math.max(longest, performance.now() - asked)
  }
  return longest
}

for (const [what, names] of [
  ['one name', 1],
  ['a hundred names', 100],
] as const) {
  test(`among ${CROWD} flows those of ${what} are refused at once, found soon, and nobody else waits or loses a flow`, async (t) => {
    const doomed = Array.from({ length: names }, (_, n) => ({ name: `n${n}.example.org`, addresses: [`192.0.2.${n + 1}`] }))
    const { connect, writeZone, updater } = await startRig(t, { zone: '*.example.org\nexample.net\n' })
    const peer = await connect()
    await peer.open(...doomed, { name: 'example.net', addresses: ['192.0.2.250'] })
    for (const { addresses } of doomed) makeFlow(addresses[0]!, 443)
    makeFlow('192.0.2.250', 443)
    addFlows(crowd(CROWD), BEGUN_MARK)
    writeZone('example.net\n')
    await peer.nextRevision()
    assert.deepEqual(keysOf('inet sallyport revoked4'), doomed.map(({ addresses }) => `${CLIENT} . ${addresses[0]}`).sort())
    const since = performance.now()
    const waited = await longestWait(peer, () => updater.status().counters.endedFlows === names)
    t.diagnostic(`found after ${(performance.now() - since).toFixed(0)} ms; whoever asked waited ${waited.toFixed(0)} ms at most`)
    assert.ok(waited < 500, `${waited} ms`)
    assert.equal(countFlows(), CROWD + 1)
  })
}

test('a revocation that a crash has cut short is finished by the next updater', async (t) => {
  const { connect, restart } = await startRig(t, { zone: 'example.org\n' })
  const peer = await connect()
  await peer.open({ addresses: ['192.0.2.2'] })
  makeFlow('192.0.2.1', 443)
  makeFlow('192.0.2.2', 443)
  nft(`add element inet sallyport revoked4 { ${CLIENT} . 192.0.2.1 timeout 10s }`)
  await restart()
  await leavesFlows(`${CLIENT} 192.0.2.2 443`)
})

test('what is allowed again while its flows are looked for loses none that has begun since', async (t) => {
  const { connect, writeZone, updater } = await startRig(t, { zone: 'example.org\n198.51.100.0/24\n' })
  const peer = await connect()
  await peer.open({})
  addFlows(crowd(CROWD), BEGUN_MARK)
  makeFlow('198.51.100.1', 443)
  // A static entry has all flows looked through, which takes its time.
  writeZone('\n')
  await peer.nextRevision()
  writeZone('example.org\n')
  await peer.nextRevision()
  await peer.open({})
  makeFlow('192.0.2.1', 443)
  await eventually('the other flow has ended', () => updater.status().counters.endedFlows === 1)
  assert.equal(countFlows(), CROWD + 1)
})

test('a broken zone file changes nothing and is reported with its line', async (t) => {
  const { connect, writeZone, updater } = await startRig(t, { zone: 'example.org\n' })
  const peer = await connect()
  await peer.open({})
  writeZone('example.org\nhttp://example.net/\n')
  const { problems } = await eventually('the broken reload', () => updater.status().reload.outcome === 'broken' && updater.status().reload)
  assert.equal(problems[0]?.line, 2)
  assert.equal(updater.status().revision, peer.revision)
  assert.equal(keysOf().length, 1)
})

test('a reload is a difference: elements of names allowed before and after are not touched', async (t) => {
  const { connect, writeZone } = await startRig(t, { zone: 'example.org\nexample.net\n' })
  const peer = await connect()
  await peer.open({ addresses: Array.from({ length: 100 }, (_, n) => `192.0.2.${n + 1}`) })
  const { generation } = peer
  const monitor = watchElements()
  writeZone('example.org\nexample.com\n')
  await peer.nextRevision()
  assert.equal(peer.generation, generation)
  assert.deepEqual(monitor(), [])
  assert.equal(keysOf().length, 100)
})

/** Elements of learned sets that are written or deleted from now on, by whomever: their expiry would start anew. */
function watchElements(): () => readonly string[] {
  const expiries = new Map(listSet().map(({ key, expires }) => [key, expires!]))
  return () =>
    listSet()
      .filter(({ key, expires }) => expires! > expiries.get(key)!)
      .map(({ key }) => key)
}
