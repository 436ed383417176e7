// From audit to allow-list: a recorded workload, the catalogue compared with what the far side saw, the suggestion enforced.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Row } from '../../src/audit/row.ts'
import { startAuthority } from '../support/authority.ts'
import { type Capture, startCapture } from '../support/capture.ts'
import type { Packet } from '../support/pcap.ts'
import { type Sallyport, startSallyport } from '../support/sallyport.ts'
import { createSandbox } from '../support/sandbox.ts'
import { answersDenials, assertRefused } from '../support/scenario.ts'
import { createInternetLink, GATEWAY_ETHERNET, UPSTREAM4 } from '../support/topology.ts'
import { eventually } from '../support/wait.ts'
import { createWorkload, RECORDS } from '../support/workload.ts'
import { createFolder } from '../support/world.ts'

const folder = createFolder()
const { gateway, internet } = createInternetLink()
const [alpha, beta] = [createSandbox(gateway, folder, 'alpha', 1), createSandbox(gateway, folder, 'beta', 2)]
const authority = await startAuthority({
  ...{ namespace: internet, addresses: [UPSTREAM4], folder },
  records: [...RECORDS, 'never.example. 60 IN A 192.0.2.99'],
})
const workload = await createWorkload(internet, folder)
after(async () => {
  await Promise.all([workload, authority, alpha.agent, beta.agent].map((part) => part.close()))
  for (const namespace of [alpha.namespace, beta.namespace, gateway, internet]) namespace.remove()
  rmSync(folder, { recursive: true, force: true })
})

const DESTINATIONS = [
  '203.0.113.5 tcp/9000 203.0.113.5',
  'git.example.org tcp/22 192.0.2.20',
  'git.example.org tcp/443 192.0.2.20',
  'registry.npmjs.org tcp/443 192.0.2.10',
  'api.one.example tcp/7999 192.0.2.31',
  'api.three.example udp/9999 192.0.2.33',
  'api.two.example tcp/8443 2001:db8:1::32',
]

function start(mode: string, zones: Readonly<Record<string, string>>): Promise<Sallyport> {
  return startSallyport({
    namespace: gateway,
    folder,
    settings: {
      mode,
      clients: { alpha: [alpha.address4, alpha.address6], beta: [beta.address4, beta.address6] },
      resolver: { upstreams: [UPSTREAM4] },
      updater: { guard: 'forward', interfaces: ['sbx*'] },
    },
    zones,
    ready: () =>
      mode === 'audit'
        ? alpha.ask('ready.invalid', 'A', { timeoutMs: 500 }).then(({ rcode }) => rcode === 'NXDOMAIN')
        : answersDenials((name) => alpha.ask(name, 'A', { timeoutMs: 500 })),
  })
}

/** What sandboxes are told says little of why: a name whose A fails and that has no AAAA is ENOTFOUND to getaddrinfo. */
function runWorkload(sallyport: Sallyport): Promise<void> {
  return workload.run(alpha).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${sallyport.log()}`, { cause: error })
  })
}

function capture(): Promise<Capture> {
  return startCapture({ namespace: internet, device: 'eth0', gateway: GATEWAY_ETHERNET, folder })
}

function rows(sallyport: Sallyport): readonly Row[] {
  const { stdout, stderr } = sallyport.cli('audit', '--json')
  assert.equal(stderr, '')
  return (JSON.parse(stdout) as { rows: Row[] }).rows
}

/** What sandboxes sent that arrived: packets, distinct flows and octets by "tcp/443 192.0.2.1". */
function arrived(packets: readonly Packet[]): Map<string, { readonly packets: number; readonly flows: number }> {
  const ours = packets.filter(({ source, protocol }) => [alpha.address4, alpha.address6].includes(source) && protocol !== 'icmp6')
  const groups = Map.groupBy(ours, ({ protocol, destination, destinationPort }) => `${protocol}/${destinationPort} ${destination}`)
  return new Map(
    [...groups].map(([key, members]) => [
      key,
      { packets: members.length, flows: new Set(members.map(({ sourcePort }) => sourcePort)).size },
    ]),
  )
}

function keyOf({ protocol, port, addresses }: Row): string {
  return `${protocol}/${port} ${addresses.join()}`
}

let suggested: Readonly<Record<string, string>> = {}

test('the catalogue has what the far side saw: each destination, port and connection, and nothing else', async () => {
  const sallyport = await start('audit', { 'app.zone': '# nothing yet\n' })
  const seen = await capture()
  await runWorkload(sallyport)
  const far = arrived(await seen.leaving())
  await seen.close()
  const connections = (all: Iterable<readonly [string, number]>) => [...all].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const listed = await eventually('the figures are there', () => {
    const contacted = rows(sallyport).filter(({ port }) => port !== null)
    return contacted.every((row) => row.packets! > (far.get(keyOf(row))?.packets ?? 0)) && contacted.length === far.size && contacted
  })
  assert.deepEqual(
    connections(listed.map((row) => [keyOf(row), row.connections] as const)),
    connections([...far].map(([key, { flows }]) => [key, flows] as const)),
  )
  assert.deepEqual(
    listed.map(({ destination, protocol, port, addresses }) => `${destination} ${protocol}/${port} ${addresses}`),
    DESTINATIONS,
  )
  assert.deepEqual([...new Set(listed.map(({ client, verdict }) => `${client} ${verdict}`))], ['alpha audit'])
  assert.deepEqual(
    listed.filter(({ kind }) => kind === 'address').map(({ destination, lookups }) => [destination, lookups]),
    [['203.0.113.5', 0]],
  )
  assert.equal(listed.find(({ destination }) => destination === 'registry.npmjs.org')!.system, 'packages')

  const before = JSON.stringify(listed.map((row) => [keyOf(row), row.connections, row.packets, row.bytes]))
  const stopped = await sallyport.stop()
  assert.equal(stopped, 0)
  const kept = rows(sallyport).filter(({ port }) => port !== null)
  assert.equal(
    JSON.stringify(kept.map((row) => [keyOf(row), row.connections, row.packets, row.bytes])),
    before,
    'after the stop, from the log alone',
  )

  const { status, stdout, stderr } = sallyport.cli('suggest', '--apply')
  assert.deepEqual([status, stderr], [0, ''], stdout)
  suggested = Object.fromEntries(readdirSync(sallyport.zones).map((file) => [file, readFileSync(join(sallyport.zones, file), 'utf8')]))
  assert.deepEqual(Object.keys(suggested), ['app-alpha.zone', 'app.zone', 'base-alpha.zone'])
  assert.match(
    suggested['base-alpha.zone']!,
    /^\$TIER base\n\$CLIENTS alpha\nregistry\.npmjs\.org tcp\/443 {2}# seen in 1 of 1 run, \d+ connections?, last /,
  )
  sallyport.cli('down')
})

test('the suggestion, enforced, lets the same workload through and nothing else', async () => {
  const sallyport = await start('enforce', suggested)
  const seen = await capture()
  await runWorkload(sallyport)
  const contacted = await eventually('all is there', () => {
    const some = rows(sallyport).filter(({ port }) => port !== null)
    return some.length >= DESTINATIONS.length && some
  })
  assert.deepEqual(
    contacted.map(({ destination, protocol, port, addresses }) => `${destination} ${protocol}/${port} ${addresses}`),
    DESTINATIONS,
  )
  const denied = rows(sallyport).filter(({ verdict, destination }) => verdict === 'deny' && !destination.endsWith('.invalid'))
  assert.deepEqual(
    denied.map(({ client, destination, reason }) => [client, destination, reason]),
    [],
  )

  for (const [sandbox, name] of [
    [alpha, 'never.example'],
    [beta, 'registry.npmjs.org'],
    [beta, 'api.one.example'],
  ] as const)
    assert.equal((await sandbox.ask(name, 'A')).rcode, 'NXDOMAIN', `${name}`)
  await assertRefused(alpha.agent, '192.0.2.31', 443)
  await assertRefused(alpha.agent, '203.0.113.5', 443)
  await assertRefused(alpha.agent, '203.0.113.6', 9000)
  await assertRefused(beta.agent, '203.0.113.5', 9000)
  const far = arrived(await seen.leaving())
  assert.deepEqual([...far.keys()].toSorted(), DESTINATIONS.map((each) => each.split(' ').slice(1).join(' ')).toSorted())
  await seen.close()

  const needs = ['api.one.example:7999', 'git.example.org:22', '203.0.113.5:9000'].map((destination) => ({ destination, client: 'alpha' }))
  const reported = sallyport.cli('report', join(folder, 'evidence'))
  assert.deepEqual([reported.status, reported.stderr], [0, ''], reported.stdout)
  assert.match(readFileSync(join(folder, 'evidence/report.md'), 'utf8'), /`in force at that moment` \| `revision [0-9a-f]{16}, enforced, /)
  writeFileSync(join(folder, 'needs.yaml'), JSON.stringify(needs, undefined, 1))
  assert.equal(sallyport.cli('check', '--needs', join(folder, 'needs.yaml')).status, 0)
  sallyport.writeZone('app-alpha.zone', suggested['app-alpha.zone']!.replace(/^git\.example\.org .*\n/m, ''))
  const missing = sallyport.cli('check', '--needs', join(folder, 'needs.yaml'))
  assert.equal(missing.status, 1)
  assert.match(missing.stdout, /needs\.yaml:\d+: git\.example\.org:22 is denied for alpha: no entry mentions it/)
  await sallyport.stop()
  sallyport.cli('down')
})
