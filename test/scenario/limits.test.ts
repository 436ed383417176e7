// Whoever takes too much is told so, is named in the log, and takes nothing from anybody else.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openConntrack } from '../../src/linux/conntrack.ts'
import { inNamespace } from '../support/netns.ts'
import { type RawPacket, sendRaw, udpPacket } from '../support/raw.ts'
import { clientsOf, startForward } from '../support/scenario.ts'
import { addAddresses, type SandboxLink } from '../support/topology.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const NAMES = Array.from({ length: 60 }, (_, index) => `n${index}.example`)
/** On the link of alpha. */
const DELTA = 'fd77:1::d1'
const world = await createWorld(
  NAMES.flatMap((name, index) => [`${name}. 300 IN A 192.0.2.${index + 1}`, `${name}. 300 IN AAAA 2001:db8:1::${index + 1}`]),
)
after(() => world.close())
const { alpha, beta, gateway } = world
/** Open to everybody, by a static entry. */
const STATIC_PORT = 9_999
const sallyport = await startForward(world, {
  zones: { 'app.zone': `*.example\n203.0.113.0/24 udp/${STATIC_PORT}\n2001:db8:9::/48 udp/${STATIC_PORT}\n` },
  clients: { ...clientsOf(world), delta: [DELTA] },
  updater: { limits: { leasesPerClient: 50, flowsPerClient: 40, dnsFlowsPerSecond: 100 }, use: { surveySeconds: 1 } },
})
after(() => sallyport.stop())

test('a sandbox that has all the leases it may gets SERVFAIL for more, the log names it, and its neighbour notices nothing', async () => {
  const replies = await Promise.all(NAMES.map((name) => alpha.ask(name)))
  const served = replies.filter(({ rcode }) => rcode === 'NOERROR').length
  assert.equal(served, 50)
  const refused = replies.find(({ rcode }) => rcode === 'SERVFAIL')!
  assert.deepEqual(refused.ede, [14])
  const line = await sallyport.logged(/could not be opened/)
  assert.match(line, new RegExp(`${alpha.address4.replaceAll('.', '\\.')}.*alpha has 50 leases: the limit of one client`))
  const over6 = await alpha.ask('n1.example', 'AAAA', { server: alpha.gateway6 })
  assert.deepEqual([over6.rcode, over6.ede], ['SERVFAIL', [14]])
  for (const name of NAMES.slice(0, 40)) assert.equal((await beta.ask(name)).rcode, 'NOERROR')
})

test('whoever has no name has no more leases for taking other addresses of its link', async () => {
  const sources = ['fd77:1::a1', 'fd77:1::a2', 'fd77:1::a3']
  addAddresses(
    alpha.namespace,
    'eth0',
    sources.map((source) => `${source}/64`),
  )
  const ask = (source: string, name: string) => alpha.ask(name, 'AAAA', { server: alpha.gateway6, source })
  const replies = await Promise.all(sources.flatMap((source) => NAMES.slice(0, 20).map((name) => ask(source, name))))
  assert.equal(replies.filter(({ rcode }) => rcode === 'NOERROR').length, 50)
  await sallyport.logged(/fd77:1::\/64 has 50 leases: the limit of one client/)
  assert.equal((await beta.ask('n1.example', 'AAAA', { server: beta.gateway6 })).rcode, 'NOERROR')
})

test('a sandbox that has all the flows it may is refused more at once, the log names it, its neighbour connects, and room is made by closing', async () => {
  const flows: number[] = []
  for (let flow = 0; flow < 40; flow++) flows.push(await alpha.agent.call('openFlow', { address: '192.0.2.1', port: 443 }))
  assert.equal(await alpha.reach('192.0.2.1'), 'ECONNREFUSED')
  assert.equal(await beta.reach('192.0.2.1'), 'connected')
  assert.equal(await alpha.agent.call('talk', { flow: flows[0]!, line: 'goes on' }), 'goes on')
  assert.match(await sallyport.logged(/as many flows as it may/), new RegExp(alpha.address4.replaceAll('.', '\\.')))
  for (const flow of flows) await alpha.agent.call('closeFlow', { flow })
  await eventually('there is room again', async () => (await alpha.reach('192.0.2.1')) === 'connected')
})

test('nor more flows, and who is named on the same link has its own', async () => {
  for (const source of ['fd77:1::a1', 'fd77:1::a2'])
    for (let flow = 0; flow < 20; flow++) await alpha.agent.call('openFlow', { address: await openedFor(source), port: 443, source })
  const connect = async (source: string) =>
    (await alpha.agent.call('connect', { address: await openedFor(source), port: 443, source })).outcome
  assert.equal(await connect('fd77:1::a3'), 'ECONNREFUSED')
  assert.match(await sallyport.logged(/fd77:1::\/64.*as many flows as it may/), /"flows":40/)
  addAddresses(alpha.namespace, 'eth0', [`${DELTA}/64`])
  assert.equal(await connect(DELTA), 'connected')
})

/** An IPv6 address that is open for the source. */
async function openedFor(source: string): Promise<string> {
  for (const name of NAMES) {
    const [answer] = (await alpha.ask(name, 'AAAA', { server: alpha.gateway6, source })).answers
    if (answer !== undefined) return answer.split(' ')[1]!
  }
  return assert.fail(`nothing is open for ${source}`)
}

/** One datagram from each source. Returns how many flows of them connection tracking has. */
function beginFlows(from: SandboxLink, firstPort: number, sources: readonly string[]): number {
  const destinationOf = (source: string) => (source.includes(':') ? '2001:db8:9::9' : '203.0.113.9')
  const packets = sources.map((source, index) =>
    udpPacket({ source, destination: destinationOf(source) }, STATIC_PORT, 'a flow', firstPort + index),
  )
  sendRaw(from.namespace, ...packets)
  const conntrack = inNamespace(gateway, openConntrack)
  const flows = ([4, 6] as const).flatMap((family) => conntrack.flows(family))
  conntrack.close()
  return flows.filter(({ sourcePort }) => sourcePort >= firstPort && sourcePort < firstPort + sources.length).length
}

test('one that has addresses without end begins no more flows for that than its interface may, and whoever is named, or behind another interface, has its own', () => {
  const forge = (sourceOf: (index: number) => string) => Array.from({ length: 1_000 }, (_, index) => sourceOf(index))
  const [hex, some] = [(index: number) => (index + 256).toString(16), (index: number) => 20 + (index % 230)]
  // What alpha has begun before is counted too.
  const ofAlpha = beginFlows(
    alpha,
    20_000,
    forge((index) => `10.77.1.${some(index)}`),
  )
  assert.ok(ofAlpha >= 100 && ofAlpha <= 160, `${ofAlpha} flows`)
  assert.equal(
    beginFlows(
      beta,
      22_000,
      forge((index) => `fd77:2::${hex(index)}`),
    ),
    40,
  )
  gateway.run(['ip', 'route', 'add', 'fd66:1::/48', 'via', beta.address6])
  assert.equal(
    beginFlows(
      beta,
      24_000,
      forge((index) => `fd66:1:0:${hex(index)}::1`),
    ),
    120,
  )
  assert.equal(
    beginFlows(
      beta,
      26_000,
      forge((index) => `10.77.2.${some(index)}`),
    ),
    0,
  )
  for (const [index, one] of [alpha, beta].entries()) assert.equal(beginFlows(one, 28_000 + 2 * index, [one.address4, one.address6]), 2)
})

/** So many questions at once from ever new ports, to ever new servers. Returns how many flows of them connection tracking has, and how many it may have. */
function flood(sourceOf: (index: number) => string, perSecond: number): { readonly entries: number; readonly most: number } {
  const packets = Array.from({ length: 4_000 }, (_, index): RawPacket => {
    const source = sourceOf(index)
    const server = (index >> 8).toString(16)
    const destination = source.includes(':') ? `2001:db8:1::${server}` : `192.0.2.${index >> 8}`
    return udpPacket({ source, destination }, 53, 'no question', 10_000 + index)
  })
  const conntrack = inNamespace(gateway, openConntrack)
  const isOurs = ({ sourcePort }: { readonly sourcePort: number }) => sourcePort >= 10_000 && sourcePort < 14_000
  for (const family of [4, 6] as const) conntrack.deleteFlows(family, isOurs)
  const start = performance.now()
  sendRaw(alpha.namespace, ...packets)
  const entries = ([4, 6] as const).flatMap((family) => conntrack.flows(family)).filter(isOurs).length
  conntrack.close()
  return { entries, most: perSecond * (1 + (performance.now() - start) / 1000) }
}

const NEIGHBOUR = '10.77.1.9'

for (const source of [alpha.address4, alpha.address6])
  test(`a sandbox that floods with DNS from ${source} takes no more of connection tracking than it may, and neighbours behind the same bridge notice nothing`, async () => {
    if (source === alpha.address4) addAddresses(alpha.namespace, 'eth0', [`${NEIGHBOUR}/24`])
    const { entries, most } = flood(() => source, 100)
    assert.ok(entries >= 90 && entries <= most, `${entries} entries, ${most} at most`)
    assert.equal((await alpha.ask('n1.example', 'A', { source: NEIGHBOUR, timeoutMs: 1_000 })).rcode, 'NOERROR')
    assert.equal((await beta.ask('n1.example')).rcode, 'NOERROR')
  })

test('one that has addresses without end takes no more for that than its interface may, and those behind others notice nothing', async () => {
  const { entries, most } = flood(
    (index) => (index % 2 === 0 ? `10.77.1.${20 + ((index >> 1) % 200)}` : `fd77:1::${(index + 16).toString(16)}`),
    400,
  )
  assert.ok(entries >= 300 && entries <= most, `${entries} entries, ${most} at most`)
  assert.equal((await beta.ask('n1.example')).rcode, 'NOERROR')
  await eventually('it is answered again itself', async () => (await alpha.ask('n1.example', 'A', { timeoutMs: 500 })).rcode === 'NOERROR')
})
