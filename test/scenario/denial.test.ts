import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { assertNothingBut } from '../support/capture.ts'
import type { Reply } from '../support/message.ts'
import { assertReachable, startForward } from '../support/scenario.ts'
import { createWorld, UPSTREAM_TRAFFIC } from '../support/world.ts'

const world = await createWorld([
  'www.allowed.example. 300 IN A 192.0.2.10',
  'www.allowed.example. 300 IN TXT "text"',
  'www.allowed.example. 300 IN HTTPS 1 . ipv4hint=192.0.2.99',
  'denied.example. 300 IN A 192.0.2.20',
  'open.wild.example. 300 IN A 192.0.2.21',
  'shut.wild.example. 300 IN A 192.0.2.22',
  'inside.example. 300 IN A 10.99.0.5',
  'metadata.example. 300 IN A 169.254.169.254',
])
after(() => world.close())
const { alpha } = world
const zone = 'www.allowed.example\n*.wild.example\n!shut.wild.example\ninside.example\nmetadata.example private\n'
const sallyport = await startForward(world, { zones: { 'app.zone': zone } })
after(() => sallyport.stop())

function assertDenied(reply: Reply): void {
  assert.equal(reply.rcode, 'NXDOMAIN')
  assert.deepEqual(reply.answers, [])
  assert.deepEqual(
    reply.authorities.map(({ type }) => type),
    ['SOA'],
  )
  assert.deepEqual(reply.ede, [15])
}

test('a denied name gets NXDOMAIN with SOA and EDE 15 in its first reply, and the upstream is asked nothing', async () => {
  const wire = await world.capture()
  for (const name of ['denied.example', 'DENIED.Example', 'a.b.denied.example', 'notallowed.example', 'wild.example.com']) {
    for (const type of ['A', 'AAAA', 'HTTPS', 'TXT']) assertDenied(await alpha.ask(name, type))
  }
  assertNothingBut(await wire.leaving(), [])
})

test('a denial comes at once, over UDP, TCP, IPv4 and IPv6 alike', async () => {
  for (const tcp of [false, true]) {
    for (const server of [alpha.gateway4, alpha.gateway6]) {
      const reply = await alpha.ask('denied.example', 'A', { server, tcp })
      assertDenied(reply)
      assert.ok(reply.milliseconds < 50, `${reply.milliseconds} ms`)
    }
  }
})

test('EDE goes only to who sent EDNS', async () => {
  const reply = await alpha.ask('denied.example', 'A', { edns: false })
  assert.deepEqual([reply.rcode, reply.ede], ['NXDOMAIN', []])
})

test('dig says why', () => {
  const printed = alpha.namespace.run(['dig', `@${alpha.gateway4}`, 'denied.example', 'A'])
  assert.match(printed, /status: NXDOMAIN/)
  assert.match(printed, /EDE: 15 \(Blocked\)/)
})

test('a name with allowed names below it, and another type of an allowed name, are NODATA, and the upstream is asked nothing', async () => {
  const wire = await world.capture()
  for (const [name, type] of [
    ['allowed.example', 'A'],
    ['wild.example', 'A'],
    ['shut.wild.example', 'A'],
    ['example', 'AAAA'],
    ['www.allowed.example', 'TXT'],
    ['www.allowed.example', 'HTTPS'],
    ['www.allowed.example', 'ANY'],
  ] as const) {
    const reply = await alpha.ask(name, type)
    assert.deepEqual([reply.rcode, reply.answers], ['NOERROR', []], `${name} ${type}`)
    assert.deepEqual(
      reply.authorities.map((record) => record.type),
      ['SOA'],
      `${name} ${type}`,
    )
  }
  assertNothingBut(await wire.leaving(), [])
})

test('an allowed name that resolves to a private or a metadata address opens nothing', async () => {
  const wire = await world.capture()
  for (const [name, address] of [
    ['inside.example', '10.99.0.5'],
    ['metadata.example', '169.254.169.254'],
  ] as const) {
    assert.deepEqual((await alpha.ask(name)).answers, [], name)
    assert.notEqual(await alpha.reach(address, 443), 'connected', name)
  }
  assertNothingBut(await wire.leaving(), UPSTREAM_TRAFFIC)
})

test('names beside a deny and below a wildcard are allowed as ever', async () => {
  await assertReachable(alpha, 'open.wild.example')
  await assertReachable(alpha, 'WWW.Allowed.Example')
})

test('the upstream saw questions for allowed names only, and only for the types that are allowed', async () => {
  const wire = await world.capture()
  for (const name of ['www.allowed.example', 'denied.example', 'open.wild.example', 'shut.wild.example'])
    await alpha.agent.call('resolveName', { name })
  // The last is the resolver's own: whether the network translates IPv6 to IPv4 (RFC 7050).
  const allowed = /^((www\.allowed|open\.wild|inside|metadata)\.example (A|AAAA)|ipv4only\.arpa AAAA)$/
  assert.deepEqual(
    (await wire.questions()).filter((question) => !allowed.test(question)),
    [],
  )
})
