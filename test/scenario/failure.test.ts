import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { assertNothingBut } from '../support/capture.ts'
import { assertReachable, assertRefused, startForward } from '../support/scenario.ts'
import { eventually } from '../support/wait.ts'
import { createWorld, UPSTREAM_TRAFFIC } from '../support/world.ts'

const COUNT = 40
const world = await createWorld(Array.from({ length: COUNT }, (_, index) => `n${index}.example. 300 IN A 192.0.2.${index + 1}`))
after(() => world.close())
const { alpha } = world
const sallyport = await startForward(world, { zones: { 'app.zone': '*.example\n' } })
after(() => sallyport.stop())

/** The lease deadline is 2 s; the rest is for the way there and back. */
const DEADLINE_MS = 2_500

let next = 0
/** A name that nobody has asked for yet, with its address. */
function freshName(): { readonly name: string; readonly address: string } {
  next++
  return { name: `n${next}.example`, address: `192.0.2.${next + 1}` }
}

test('while the updater hangs, names not yet open get SERVFAIL with EDE within the deadline, names already open work on, and nothing else leaves', async () => {
  const open = freshName()
  await assertReachable(alpha, open.name)
  const wire = await world.capture()
  const updater = sallyport.part('updater')!
  process.kill(updater, 'SIGSTOP')
  try {
    const shut = freshName()
    const reply = await alpha.ask(shut.name)
    assert.deepEqual([reply.rcode, reply.answers], ['SERVFAIL', []])
    assert.equal(reply.ede.length, 1)
    assert.ok(reply.milliseconds < DEADLINE_MS, `${reply.milliseconds} ms`)
    await assertRefused(alpha.agent, shut.address)
    const line = await sallyport.logged(/the updater has not confirmed an address in time/)
    assert.ok(line.includes(shut.name) && line.includes(alpha.address4), line)
    assert.equal(await assertReachable(alpha, open.name), open.address)
    assertNothingBut(await wire.leaving(), [
      ...UPSTREAM_TRAFFIC,
      { source: alpha.address4, destination: open.address, destinationPort: 443 },
    ])
  } finally {
    process.kill(updater, 'SIGCONT')
  }
})

test('when the updater goes on, new names work again by themselves', async () => {
  const { name } = freshName()
  await eventually('a new name is answered', async () => (await alpha.ask(name)).rcode === 'NOERROR')
  await assertReachable(alpha, name)
})

test('a killed updater is replaced: names already open work throughout, new names soon', async (t) => {
  const open = freshName()
  await assertReachable(alpha, open.name)
  const wire = await world.capture()
  const before = sallyport.part('updater')!
  const start = performance.now()
  process.kill(before, 'SIGKILL')
  const { name, address } = freshName()
  await eventually('a new name is answered', async () => {
    assert.equal(await assertReachable(alpha, open.name), open.address)
    return (await alpha.ask(name)).rcode === 'NOERROR'
  })
  t.diagnostic(`new names again ${(performance.now() - start).toFixed(0)} ms after the updater was killed`)
  assert.equal(await alpha.reach(address), 'connected')
  assert.notEqual(sallyport.part('updater'), before)
  const flows = [open.address, address].map((destination) => ({ source: alpha.address4, destination, destinationPort: 443 }))
  assertNothingBut(await wire.leaving(), [...UPSTREAM_TRAFFIC, ...flows])
})

test('a killed resolver is replaced: what was open stays open throughout, and answers come again soon', async (t) => {
  const open = freshName()
  await assertReachable(alpha, open.name)
  const start = performance.now()
  process.kill(sallyport.part('resolver')!, 'SIGKILL')
  await eventually('the resolver answers', async () => {
    assert.equal(await alpha.reach(open.address), 'connected')
    return (await alpha.ask(open.name, 'A', { timeoutMs: 300 })).rcode === 'NOERROR'
  })
  t.diagnostic(`answers again ${(performance.now() - start).toFixed(0)} ms after the resolver was killed`)
  await assertReachable(alpha, freshName().name)
})

test('with the supervisor and both children killed nothing beyond policy leaves, and what is open stays open', async () => {
  const open = freshName()
  await assertReachable(alpha, open.name)
  const children = [sallyport.part('updater')!, sallyport.part('resolver')!]
  const wire = await world.capture()
  for (const pid of [sallyport.pid, ...children]) process.kill(pid, 'SIGKILL')
  await sallyport.exit
  assert.equal(await alpha.reach(open.address), 'connected')
  const shut = freshName()
  await assertRefused(alpha.agent, shut.address)
  assert.notEqual((await alpha.ask(shut.name, 'A', { timeoutMs: 500 })).rcode, 'NOERROR')
  assertNothingBut(await wire.leaving(), [{ source: alpha.address4, destination: open.address, destinationPort: 443 }])
})

test('sockets left by a crash do not hinder the next start, which takes over the leases that it finds', async () => {
  const again = await startForward(world, { zones: { 'app.zone': '*.example\n' } })
  try {
    assert.equal(await alpha.reach(`192.0.2.${next}`), 'connected')
    await assertReachable(alpha, freshName().name)
  } finally {
    await again.stop()
  }
})
