// Hosts with one thing wrong: it is found, and the command that is printed mends it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Diagnosis } from '../../src/doctor/host/doctor.ts'
import type { HostFinding } from '../../src/doctor/host/finding.ts'
import { type Agent, startAgent } from '../support/agent-client.ts'
import { createNamespace, type Namespace } from '../support/namespace.ts'
import { PROGRAM } from '../support/sallyport.ts'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-test-doctor-'))
after(() => rmSync(folder, { recursive: true }))
const host = createNamespace('host')
after(() => host.remove())
const upstream = startAgent(host)
after(() => upstream.close())
host.run(['sh', '-ec', 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'])
host.run(['ip', 'link', 'add', 'br-sbx', 'type', 'bridge'])
host.run(['ip', 'link', 'set', 'br-sbx', 'up'])
writeSettings({})

function writeSettings(updater: object, zone = 'www.example\n'): void {
  writeFileSync(join(folder, 'app.zone'), zone)
  const settings = {
    zones: '.',
    state: './state',
    resolver: { upstreams: ['127.0.0.9'] },
    updater: { guard: 'forward', interfaces: ['br-sbx'], ...updater },
  }
  writeFileSync(join(folder, 'sallyport.yaml'), JSON.stringify(settings))
}

interface Run extends Diagnosis {
  readonly healthy: boolean
  readonly status: number | null
  about(topic: string): readonly HostFinding[]
}

function doctor(namespace: Namespace, ...words: readonly string[]): Run {
  const [program, ...rest] = namespace.inside([PROGRAM, 'doctor', '--json', '--config', join(folder, 'sallyport.yaml'), ...words])
  const { status, stdout, stderr } = spawnSync(program!, rest, { encoding: 'utf8', timeout: 120_000 })
  assert.notEqual(stdout, '', stderr)
  const diagnosis = JSON.parse(stdout) as Diagnosis & { readonly healthy: boolean }
  return { ...diagnosis, status, about: (topic) => diagnosis.findings.filter((finding) => finding.topic === topic) }
}

/** Finds it, mends it as told, and finds it no more. */
function assertMended(topic: string): void {
  const { about, healthy, status } = doctor(host, '--no-rehearsal')
  const found = about(topic).filter(({ state }) => state === 'bad')
  assert.ok(found.length > 0, topic)
  assert.deepEqual([healthy, status], [false, 1])
  for (const { mend } of found) host.run(['sh', '-ec', mend!])
  assert.deepEqual(
    doctor(host, '--no-rehearsal')
      .about(topic)
      .filter(({ state }) => state === 'bad'),
    [],
  )
}

test('the kernel does all that a guard writes, the whole path works, and the price is told', () => {
  for (const guard of ['forward', 'output'] as const) {
    const { findings, cost, about, ...diagnosis } = doctor(host, '--guard', guard)
    assert.equal(diagnosis.guard, guard)
    for (const topic of ['owned table', 'connection tracking', 'redirect', 'reject', 'sets of flows', 'deletion of flows'])
      assert.deepEqual(
        about(topic).map(({ state }) => state),
        ['good'],
        topic,
      )
    assert.deepEqual(
      about('rehearsal').map(({ state, says }) => [state, says]),
      [
        ['good', 'an allowed name is answered, and reached over IPv4 and IPv6'],
        ['good', 'a denied name is NXDOMAIN'],
      ],
    )
    for (const figures of [cost!.direct, cost!.through])
      for (const figure of Object.values(figures)) assert.ok(figure > 0 && figure < 1_000)
  }
})

test('forwarding that is off', () => {
  host.run(['sh', '-ec', 'echo 0 >/proc/sys/net/ipv4/ip_forward'])
  assertMended('forwarding')
})

test('a sandbox interface that believes router advertisements', () => {
  host.run(['sh', '-ec', 'echo 2 >/proc/sys/net/ipv6/conf/br-sbx/accept_ra'])
  assertMended('accept_ra')
})

test('two sandboxes on one bridge that reach one another, and take one another for the other', () => {
  assert.deepEqual(doctor(host, '--no-rehearsal').about('shared bridge'), [])
  for (const port of ['tapa', 'tapb']) {
    host.run(['ip', 'link', 'add', port, 'type', 'veth', 'peer', 'name', `${port}1`])
    host.run(['ip', 'link', 'set', port, 'master', 'br-sbx'])
  }
  assertMended('port isolation')
  assert.deepEqual(
    doctor(host, '--no-rehearsal')
      .about('shared bridge')
      .map(({ state }) => state),
    ['doubtful'],
  )
})

test('an interface that is forwarded and not guarded', () => {
  host.run(['ip', 'link', 'add', 'docker0', 'type', 'bridge'])
  assert.match(doctor(host, '--no-rehearsal').about('unguarded interfaces')[0]!.says, /nothing but sandboxes/)
  host.run(['ip', 'link', 'add', 'vpn0', 'type', 'veth', 'peer', 'name', 'vpn1'])
  for (const name of ['vpn0', 'vpn1']) host.run(['ip', 'link', 'set', name, 'up'])
  const [finding] = doctor(host, '--no-rehearsal').about('unguarded interfaces')
  assert.equal(finding!.state, 'doubtful')
  assert.match(finding!.says, /vpn0/)
})

test('a port 53 that is taken, an upstream that is silent, and zone files that are broken', async () => {
  await upstream.call('serveDatagrams', { address: '127.0.0.1', port: 53 })
  writeSettings({}, 'https://www.example/\n')
  const { about, status } = doctor(host, '--no-rehearsal')
  assert.deepEqual(
    about('port 53').map(({ state, says }) => [state, says]),
    [
      ['bad', '127.0.0.1:53 is taken by another program'],
      ['good', '[::1]:53 is free'],
    ],
  )
  assert.equal(about('upstream 127.0.0.9:53')[0]!.state, 'bad')
  assert.match(about('zone files')[0]!.says, /app\.zone:1: /)
  assert.equal(status, 1)
  writeSettings({})
})

test('capabilities of a sandbox that guard output does not bind', async () => {
  const [root, nobody] = [startAgent(host), startAgent(host, { uid: 65_534 })]
  const stateFor = ({ pid }: Agent): string =>
    doctor(host, '--no-rehearsal', '--guard', 'output', '--sandbox', String(pid)).about('capabilities of the sandbox')[0]!.state
  try {
    assert.equal(stateFor(root), 'bad')
    assert.equal(stateFor(nobody), 'good')
    assert.match(
      doctor(host, '--no-rehearsal', '--guard', 'output').about('capabilities of the sandbox')[0]!.says,
      new RegExp(`process ${root.pid} .* holds NET_ADMIN, NET_RAW, SETUID`),
    )
  } finally {
    await Promise.all([root.close(), nobody.close()])
  }
  const gone = doctor(host, '--no-rehearsal', '--guard', 'output', '--sandbox', '4194305').about('capabilities of the sandbox')[0]!
  assert.deepEqual([gone.state, gone.says], ['bad', 'there is no process 4194305'])
})
