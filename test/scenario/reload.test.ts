import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { encodeQuestion } from '../support/message.ts'
import { assertReachable, assertRefused, startForward } from '../support/scenario.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const STEADY = Array.from({ length: 8 }, (_, index) => `steady${index}.example`)

const world = await createWorld([
  ...STEADY.map((name, index) => `${name}. 5 IN A 192.0.2.${index + 1}`),
  'added.example. 300 IN A 192.0.2.20',
  'later.example. 300 IN A 192.0.2.21',
  'removed.example. 300 IN A 192.0.2.22',
  'one.example. 300 IN A 192.0.2.30',
  'two.example. 300 IN A 192.0.2.30',
  'narrowed.example. 300 IN A 192.0.2.31',
  'closing.example. 300 IN A 192.0.2.32',
])
after(() => world.close())
const { alpha } = world
const sallyport = await startForward(world, {
  zones: {
    'steady.zone': STEADY.join('\n'),
    'removed.zone': 'removed.example\n',
    'shared.zone': 'one.example\ntwo.example\n',
    'narrowed.zone': 'narrowed.example tcp/443 tcp/80\n',
  },
})
after(() => sallyport.stop())

/** Changes the zones while other names are resolved and connected to without pause, and expects those to notice nothing. */
async function undisturbed(change: () => Promise<void>): Promise<void> {
  await alpha.agent.call('startVisiting', { names: STEADY, port: 443, everyMs: 10 })
  try {
    await change()
    // What a change disturbs may show a moment later.
    await pause(300)
  } finally {
    const visits = await alpha.agent.call('stopVisiting')
    assert.ok(visits.length > STEADY.length)
    assert.deepEqual(visits.filter(({ outcome }) => outcome !== 'connected').slice(0, 5), [])
  }
}

test('a name added to a zone file resolves and connects within a second, and no other name is disturbed', async (t) => {
  assert.equal((await alpha.ask('added.example')).rcode, 'NXDOMAIN')
  await undisturbed(async () => {
    const start = performance.now()
    sallyport.writeZone('added.zone', 'added.example\n')
    await eventually('the added name resolves', async () => (await alpha.ask('added.example')).answers.length > 0, 1_000)
    assert.equal(await alpha.reach('192.0.2.20'), 'connected')
    const milliseconds = performance.now() - start
    t.diagnostic(`resolved and connected ${milliseconds.toFixed(0)} ms after the file was written`)
    assert.ok(milliseconds < 1_000)
  })
})

test('a broken file changes nothing and is reported with file and line, in the log and by status', async () => {
  await undisturbed(async () => {
    sallyport.writeZone('added.zone', 'later.example\n# comment\nhttps://later.example/path\n')
    await sallyport.logged(/added\.zone:3: /)
    assert.equal((await alpha.ask('later.example')).rcode, 'NXDOMAIN')
    assert.deepEqual((await alpha.ask('added.example')).answers, ['A 192.0.2.20'])
    assert.match(sallyport.cli('status').stdout, /added\.zone:3: /)
  })
})

test('once mended, the file takes effect and the error is gone', async () => {
  sallyport.writeZone('added.zone', 'added.example\nlater.example\n')
  await eventually('the name of the mended file resolves', async () => (await alpha.ask('later.example')).answers.length > 0, 1_000)
  assert.doesNotMatch(sallyport.cli('status').stdout, /added\.zone:3: /)
})

test('a removed name no longer resolves, and its address is closed', async () => {
  await assertReachable(alpha, 'removed.example')
  await undisturbed(async () => {
    sallyport.removeZone('removed.zone')
    await eventually('the removed name is denied', async () => (await alpha.ask('removed.example')).rcode === 'NXDOMAIN', 1_000)
    await eventually('its address is refused', async () => (await alpha.reach('192.0.2.22')) !== 'connected', 1_000)
  })
  await assertRefused(alpha.agent, '192.0.2.22')
})

test('of two names on one address one is removed: the other still works, and its address was never closed', async () => {
  await assertReachable(alpha, 'one.example')
  await assertReachable(alpha, 'two.example')
  const flow = await alpha.agent.call('openFlow', { address: '192.0.2.30', port: 443 })
  sallyport.writeZone('shared.zone', 'two.example\n')
  await eventually('the removed name is denied', async () => {
    assert.equal(await alpha.reach('192.0.2.30'), 'connected')
    return (await alpha.ask('one.example')).rcode === 'NXDOMAIN'
  })
  await assertReachable(alpha, 'two.example')
  assert.equal(await alpha.agent.call('talk', { flow, line: 'still there' }), 'still there')
})

test('a port taken from a name is closed and the ones left stay open', async () => {
  await assertReachable(alpha, 'narrowed.example', 'A', 80)
  sallyport.writeZone('narrowed.zone', 'narrowed.example tcp/443\n')
  await eventually('port 80 is refused', async () => (await alpha.reach('192.0.2.31', 80)) !== 'connected', 2_000)
  assert.equal(await alpha.reach('192.0.2.31', 443), 'connected')
})

/** Requests of the resolver that the updater has refused because it held another policy by then. */
function refusedForTheirRevision(): number {
  return JSON.parse(sallyport.cli('status', '--json').stdout).resolver.leases.failed.revision
}

/** Takes a name back while the resolver is held up for as long as the updater needs to read the change. The warning is how the updater tells that it has. */
async function closeAhead(line: number): Promise<void> {
  const resolver = sallyport.part('resolver')!
  process.kill(resolver, 'SIGSTOP')
  try {
    sallyport.writeZone('closing.zone', `$TIER base${'\n'.repeat(line - 1)}*.github.io\n`)
    await sallyport.logged(new RegExp(`closing\\.zone:${line}: `))
  } finally {
    process.kill(resolver, 'SIGCONT')
  }
}

test('while something is closed, names that stay allowed are answered, and none is refused because the two are of different minds', async () => {
  const refusals: number[] = []
  // On a busy machine the resolver may be longer at it than the updater waits.
  for (let line = 2; refusals.at(-1) !== 0 && refusals.length < 4; line++) {
    sallyport.writeZone('closing.zone', '$TIER base\nclosing.example\n')
    await eventually('the name is allowed', async () => (await alpha.ask('closing.example')).answers.length > 0)
    await assertReachable(alpha, 'closing.example')
    const before = refusedForTheirRevision()
    await alpha.agent.call('startQuerying', {
      server: alpha.gateway4,
      queries: STEADY.map((name) => encodeQuestion(name, 'A').toString('hex')),
      perSecond: 500,
    })
    await closeAhead(line)
    await eventually('its address is refused', async () => (await alpha.reach('192.0.2.32')) !== 'connected', 1_000)
    await eventually('the name is denied', async () => (await alpha.ask('closing.example')).rcode === 'NXDOMAIN', 1_000)
    const { sent, answered, others } = await alpha.agent.call('stopQuerying')
    assert.deepEqual([answered, others], [sent, {}])
    refusals.push(refusedForTheirRevision() - before)
  }
  assert.equal(refusals.at(-1), 0, `refused at each change: ${refusals}`)
})
