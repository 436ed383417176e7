// Sandboxes that are known by the interface they are behind, whatever address they have there.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Member } from '../../src/updater/updater.ts'
import { decodeReply, encodeQuestion } from '../support/message.ts'
import { createSandbox, type Sandbox } from '../support/sandbox.ts'
import { assertReachable, startForward } from '../support/scenario.ts'
import { addAddresses, removeAddresses } from '../support/topology.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const world = await createWorld([
  'own.example. 300 IN A 192.0.2.20',
  'own.example. 300 IN AAAA 2001:db8:1::20',
  'others.example. 300 IN A 192.0.2.30',
  'late.example. 300 IN A 192.0.2.40',
  'late.example. 300 IN AAAA 2001:db8:1::40',
])
after(() => world.close())
const { alpha, beta, gateway } = world
const sallyport = await startForward(world, {
  clients: { alpha: ['sbx1'], pool: ['sbx*'] },
  zones: { 'alpha.zone': '$CLIENTS alpha\nown.example\n', 'pool.zone': '$CLIENTS pool\nothers.example\n' },
})
after(() => sallyport.stop())
const socket = join(sallyport.state, 'updater-control.sock')

function call(method: string, path: string, value?: unknown): { readonly status: number; readonly body: Record<string, unknown> } {
  const body = value === undefined ? [] : ['--data', JSON.stringify(value)]
  const words = ['curl', '-s', '--unix-socket', socket, '-X', method, `http://localhost${path}`, ...body, '-w', '%{http_code}']
  const output = gateway.run(words)
  return { status: Number(output.slice(-3)), body: JSON.parse(output.slice(0, -3)) }
}

function addressesOf(client: string): readonly string[] | undefined {
  const members = call('GET', '/clients').body as unknown as readonly Member[]
  return members.find(({ name }) => name === client)?.addresses
}

/** Asks for AAAA twenty times at once, at the address that a router advertisement would name. */
async function overLinkLocal({ namespace, gateway4 }: Sandbox, name: string): Promise<readonly string[]> {
  const device = `sbx${gateway4.split('.')[2]}`
  const [server] = /fe80[^/]+/.exec(gateway.run(['ip', '-6', '-o', 'address', 'show', 'dev', device, 'scope', 'link']))!
  const script = `const socket = require('node:dgram').createSocket('udp6')
    let left = 20
    socket.on('message', (reply) => { console.log(reply.toString('hex')); if (--left === 0) process.exit() })
    setTimeout(() => process.exit(), 2_000)
    socket.bind(0, () => { for (let i = 0; i < 20; i++) socket.send(Buffer.from('${encodeQuestion(name, 'AAAA').toString('hex')}', 'hex'), 53, '${server}%eth0') })`
  const replies = namespace
    .run([process.execPath, '-e', script])
    .split('\n')
    .filter((line) => line !== '')
  return replies.map((hex) => decodeReply(hex, 0)).map(({ rcode, answers }) => `${rcode} ${answers.length}`)
}

async function rcodeOf(sandbox: Sandbox, name: string): Promise<string> {
  return (await sandbox.ask(name, 'A', { timeoutMs: 500 })).rcode
}

test('a sandbox is the client of its interface at any address of either family, and what it asked for is open to that address', async () => {
  await assertReachable(alpha, 'own.example')
  const over6 = { server: alpha.gateway6 }
  assert.deepEqual((await alpha.ask('own.example', 'AAAA', over6)).answers, ['AAAA 2001:db8:1::20'])
  assert.equal(await alpha.reach('2001:db8:1::20'), 'connected')
  for (const [source, server, type, target] of [
    ['10.77.1.77', alpha.gateway4, 'A', '192.0.2.20'],
    ['fd77:1::77', alpha.gateway6, 'AAAA', '2001:db8:1::20'],
  ] as const) {
    addAddresses(alpha.namespace, 'eth0', [`${source}/64`.replace('10.77.1.77/64', '10.77.1.77/24')])
    assert.equal((await alpha.ask('own.example', type, { source, server })).rcode, 'NOERROR')
    assert.equal((await alpha.agent.call('connect', { address: target, port: 443, source })).outcome, 'connected')
  }
  assert.match(sallyport.cli('status', '--client', 'alpha').stdout, /alpha +own\.example +192\.0\.2\.20/)
})

test('a pattern stands for every interface that nobody names more closely', async () => {
  await assertReachable(beta, 'others.example')
  assert.equal(await rcodeOf(beta, 'own.example'), 'NXDOMAIN')
  assert.equal(await rcodeOf(alpha, 'others.example'), 'NXDOMAIN')
})

test('an address of another interface makes nobody its client: what carries it is dropped', async () => {
  addAddresses(beta.namespace, 'eth0', [`${alpha.address4}/32`, `${alpha.address6}/128`])
  for (const [source, server] of [
    [alpha.address4, beta.gateway4],
    [alpha.address6, beta.gateway6],
  ] as const)
    assert.match((await beta.ask('own.example', 'A', { source, server, timeoutMs: 300 })).rcode, /no reply|timeout/i)
  const stolen = await beta.agent.call('connect', { address: '192.0.2.20', port: 443, source: alpha.address4, timeoutMs: 300 })
  assert.notEqual(stolen.outcome, 'connected')
})

test('asked over a link-local address it is the client of its interface, and has addresses where they are known', async () => {
  assert.deepEqual(await overLinkLocal(alpha, 'own.example'), Array(20).fill('NOERROR 0'))
  assert.deepEqual(await overLinkLocal(alpha, 'others.example'), Array(20).fill('NXDOMAIN 0'))
  assert.deepEqual(await overLinkLocal(beta, 'own.example'), Array(20).fill('NXDOMAIN 0'))
})

test('in a family that it has not asked over, a client’s addresses are known where they are routed one by one', async () => {
  assert.deepEqual((await alpha.ask('own.example', 'AAAA')).answers, [])
  for (const address of [alpha.address4, alpha.address6]) gateway.run(['ip', 'route', 'add', address, 'dev', 'sbx1'])
  await eventually('both are known', async () => (await alpha.ask('own.example', 'AAAA')).answers.length > 0)
  await assertReachable(alpha, 'own.example', 'AAAA')
  await assertReachable(alpha, 'own.example', 'A')
  assert.deepEqual(await overLinkLocal(alpha, 'own.example'), Array(20).fill('NOERROR 1'))
})

test('what another table than main leads to its interface is the client’s too, and what leads to those of two is nobody’s', async () => {
  const far = [
    ['-4', '10.77.200.0/24', '10.77.200.2', alpha.gateway4, 'A'],
    ['-6', 'fd77:200::/64', 'fd77:200::2', alpha.gateway6, 'AAAA'],
  ] as const
  for (const [family, prefix, source, server, type] of far) {
    gateway.run(['ip', family, 'route', 'add', prefix, 'dev', 'sbx1', 'table', '100'])
    gateway.run(['ip', family, 'rule', 'add', 'to', prefix, 'lookup', '100', 'pref', '100'])
    addAddresses(alpha.namespace, 'eth0', [`${source}/${family === '-4' ? 32 : 128}`])
    await eventually(`${prefix} is known`, () => Promise.resolve(addressesOf('alpha')?.includes(prefix)))
    const { answers } = await alpha.ask('own.example', type, { source, server })
    const [, target] = answers[0]!.split(' ')
    assert.equal((await alpha.agent.call('connect', { address: target!, port: 443, source })).outcome, 'connected')
  }
  gateway.run(['ip', 'route', 'add', '10.77.200.2', 'dev', 'sbx2', 'table', '200'])
  await eventually('it is contested', async () => (await alpha.ask('own.example', 'A', { source: '10.77.200.2' })).rcode === 'NXDOMAIN')
  gateway.run(['ip', 'route', 'del', '10.77.200.2', 'dev', 'sbx2', 'table', '200'])
})

test('a client joins before its interface is there, and is nobody again when that has gone', async () => {
  assert.equal(call('PUT', '/clients/gamma', { interfaces: ['sbx3'], zones: 'late.example\n' }).status, 200)
  assert.deepEqual(addressesOf('gamma'), [])
  assert.equal(sallyport.cli('why', 'late.example', '--client', 'gamma').status, 0)
  for (const round of [1, 2]) {
    const gamma = createSandbox(gateway, world.folder, 'gamma', 3)
    await eventually(`it is answered, round ${round}`, async () => (await rcodeOf(gamma, 'late.example')) === 'NOERROR')
    await assertReachable(gamma, 'late.example')
    assert.deepEqual(addressesOf('gamma'), ['10.77.3.0/24', 'fd77:3::/64'])
    await gamma.agent.close()
    gamma.namespace.remove()
    await eventually('it is nowhere', () => Promise.resolve(addressesOf('gamma')?.length === 0))
    assert.doesNotMatch(sallyport.cli('status', '--client', 'gamma').stdout, /late\.example/)
  }
  assert.equal(call('DELETE', '/clients/gamma').status, 200)
})

test('a client whose interface has no address yet is judged by its interface', async () => {
  const gamma = createSandbox(gateway, world.folder, 'gamma', 3)
  removeAddresses(gateway, 'sbx3', [`${gamma.gateway4}/24`, `${gamma.gateway6}/64`])
  assert.equal(call('PUT', '/clients/gamma', { interfaces: ['sbx3'], zones: 'late.example\n' }).status, 200)
  await eventually('nothing is routed there', () => Promise.resolve(addressesOf('gamma')?.length === 0))
  await eventually('it is heard', async () => (await overLinkLocal(gamma, 'late.example'))[0] === 'NOERROR 0')
  assert.deepEqual(await overLinkLocal(gamma, 'late.example'), Array(20).fill('NOERROR 0'))
  assert.deepEqual(await overLinkLocal(gamma, 'others.example'), Array(20).fill('NXDOMAIN 0'))
  await gamma.agent.close()
  gamma.namespace.remove()
  assert.equal(call('DELETE', '/clients/gamma').status, 200)
})

test('what another client has, and what nobody guards, is refused with the reason', () => {
  const refusal = (wish: object) => {
    const { status, body } = call('PUT', '/clients/delta', wish)
    return `${status} ${body.error}`
  }
  assert.equal(refusal({ interfaces: ['sbx1'] }), '409 sbx1 is taken by alpha')
  assert.equal(refusal({ addresses: ['10.77.1.200'] }), '409 10.77.1.200 of delta is behind an interface of alpha')
  assert.match(refusal({ interfaces: ['wan0'] }), /^400 interfaces: expected some of updater\.interfaces \(sbx\*\), got "wan0"/)
  assert.match(refusal({ interfaces: [7] }), /^400 interfaces: expected the name of an interface/)
  assert.match(refusal({}), /^400 addresses: expected/)
})
