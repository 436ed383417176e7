import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePrefix } from '../../src/net/prefix.ts'
import { buildPolicy } from '../../src/policy/policy.ts'
import { parseZone } from '../../src/zones/parse.ts'
import { a, answersOf, createWorld, edeOf, policyOf, RefusedLease, respond, type Script } from './world.ts'

const answering: Script = (question) => respond(question, { answers: [a(question.name, '192.0.2.1')] })

class UpstreamSilence extends Error {
  readonly kind: string

  constructor(kind: string) {
    super(kind)
    this.kind = kind
  }
}

test('when no upstream answers, SERVFAIL with EDE is remembered for five seconds', async () => {
  const { ask, asked, pass } = createWorld(['example.org'], () => Promise.reject(new UpstreamSilence('timeout')))
  const reply = await ask('example.org')
  assert.deepEqual([reply.rcode, edeOf(reply), reply.authorities?.length], ['SERVFAIL', [23], 0])
  pass(4)
  assert.equal((await ask('example.org')).rcode, 'SERVFAIL')
  assert.equal(asked.length, 1)
  pass(1)
  await ask('example.org')
  assert.equal(asked.length, 2)
})

test('our own overload is not remembered', async () => {
  const { ask, asked } = createWorld(['example.org'], () => Promise.reject(new UpstreamSilence('overload')))
  assert.equal((await ask('example.org')).rcode, 'SERVFAIL')
  await ask('example.org')
  assert.equal(asked.length, 2)
})

test('an upstream that refuses, fails or talks nonsense is SERVFAIL with its own EDE', async () => {
  const cases: [Script, number][] = [
    [(question) => respond(question, { rcodeNumber: 2 }), 23],
    [(question) => respond(question, { rcodeNumber: 5 }), 23],
    [(question) => respond(question, { answers: [a('else.where', '192.0.2.1')] }), 24],
    [(question) => respond(question, { flags: 0x380 }), 24],
    [() => new Uint8Array(3), 24],
  ]
  for (const [script, ede] of cases) {
    const { ask, kernel } = createWorld(['example.org'], script)
    const reply = await ask('example.org')
    assert.deepEqual([reply.rcode, edeOf(reply), kernel.requests.length], ['SERVFAIL', [ede], 0])
  }
})

test('a bug is no failure of upstream: it is not swallowed', async () => {
  const { ask } = createWorld(['example.org'], () => Promise.reject(new TypeError('oops')))
  await assert.rejects(ask('example.org'), TypeError)
})

test('an address that cannot be opened is not handed out, and is tried again for the next query', async () => {
  const { ask, asked, kernel, resolver } = createWorld(['example.org'], answering)
  kernel.before = () => Promise.reject(new RefusedLease('kernel'))
  const reply = await ask('example.org')
  assert.deepEqual([reply.rcode, reply.answers?.length, edeOf(reply)], ['SERVFAIL', 0, [14]])
  kernel.before = async () => {}
  assert.equal(answersOf(await ask('example.org')).length, 1)
  assert.deepEqual([asked.length, resolver.counters.leaseFailures], [1, 1])
})

test('a name removed while upstream was asked is denied, and nothing is opened', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { ask, kernel, resolver } = createWorld(['example.org'], (question) => promise.then(() => answering(question)))
  const reply = ask('example.org')
  resolver.replacePolicy(policyOf([]))
  resolve()
  assert.equal((await reply).rcode, 'NXDOMAIN')
  assert.equal(kernel.requests.length, 0)
})

test('a name removed while its address was being opened is denied', async () => {
  const { ask, kernel, resolver } = createWorld(['example.org'], answering)
  kernel.before = async () => resolver.replacePolicy(policyOf([]))
  assert.equal((await ask('example.org')).rcode, 'NXDOMAIN')
})

test('after a reload what upstream said is kept, and opened anew under the new revision if the entries name other ports', async () => {
  const { ask, askAtOnce, asked, kernel, resolver } = createWorld(['example.org'], answering)
  await ask('example.org')
  const { zone } = parseZone('example.org 8443', { file: 'test.zone', tier: undefined })
  resolver.replacePolicy(buildPolicy({ files: [zone!], clients: [], guard: 'none', audit: false, neverOpen: [] }))
  assert.equal(askAtOnce('example.org'), undefined)
  await ask('example.org')
  assert.equal(asked.length, 1)
  assert.deepEqual(
    kernel.requests.map(({ revision }) => revision),
    [policyOf(['example.org']).revision, resolver.policy.revision],
  )
})

test('after a reload that opens the same addresses on the same ports nobody waits for them to be opened again', async () => {
  const { ask, asked, kernel, resolver } = createWorld(['example.org'], answering)
  await ask('example.org')
  for (const entries of [['example.org', 'example.net'], ['*.org']]) {
    resolver.replacePolicy(policyOf(entries))
    assert.equal(answersOf(await ask('example.org')).length, 1)
  }
  assert.deepEqual([asked.length, kernel.requests.length], [1, 1])
})

test('after a reload that forbids one of its addresses the rest of an answer is opened anew', async () => {
  const { ask, asked, kernel, resolver } = createWorld(['example.org'], (question) =>
    respond(question, { answers: [a(question.name, '192.0.2.1'), a(question.name, '192.0.2.2')] }),
  )
  await ask('example.org')
  resolver.replacePolicy(policyOf(['example.org', '!192.0.2.2']))
  assert.equal(answersOf(await ask('example.org')).length, 1)
  assert.deepEqual([asked.length, kernel.requests.at(-1)?.addresses], [1, ['192.0.2.1']])
})

test('a reload leaves whom it does not concern what is open for them, and nothing is opened or judged again', async () => {
  const zone = (file: string, text: string) => parseZone(text, { file, tier: undefined }).zone!
  const clients = ['one', 'two'].map((name, index) => ({ name, prefixes: [parsePrefix(`10.77.0.${index + 1}`)!] }))
  const settings = { clients, guard: 'none', audit: false, neverOpen: [] } as const
  const one = zone('one.zone', '$CLIENTS one\nexample.org')
  const policy = buildPolicy({ ...settings, files: [one, zone('two.zone', '$CLIENTS two\nexample.org')] })
  const { ask, askAtOnce, kernel, resolver } = createWorld([], answering, { policy })
  for (const from of ['10.77.0.1', '10.77.0.2']) await ask('example.org', 'A', from)
  resolver.replacePolicy(buildPolicy({ ...settings, files: [one, zone('two.zone', '$CLIENTS two\nexample.net')] }, policy))
  assert.equal(askAtOnce('example.org', 'A', '10.77.0.1')?.rcode, 'NOERROR')
  assert.equal(askAtOnce('example.org', 'A', '10.77.0.2')?.rcode, 'NXDOMAIN')
  assert.deepEqual([kernel.requests.length, resolver.status().rememberedNames], [2, 2])
})

test('a query refused for its revision waits for the policy to be replaced', async () => {
  const { ask, kernel, resolver } = createWorld(['example.org'], answering)
  const next = policyOf(['example.org', 'example.net'])
  kernel.before = async ({ revision }) => {
    if (revision === next.revision) return
    setImmediate(() => resolver.replacePolicy(next))
    throw new RefusedLease('revision')
  }
  assert.equal(answersOf(await ask('example.org')).length, 1)
  assert.equal(kernel.requests.length, 2)
})

test('a query that is refused for its revision when the policy has been replaced already waits for nothing', {
  timeout: 10_000,
}, async (t) => {
  const { ask, kernel, resolver } = createWorld(['example.org'], answering)
  const next = policyOf(['example.org', 'example.net'])
  // No timer ends while this runs: whoever waits for news that has come would wait for ever.
  t.mock.timers.enable({ apis: ['setTimeout'] })
  kernel.before = async ({ revision }) => {
    if (revision === next.revision) return
    resolver.replacePolicy(next)
    throw new RefusedLease('revision')
  }
  assert.equal(answersOf(await ask('example.org')).length, 1)
  assert.equal(kernel.requests.length, 2)
})

test('a query refused for its revision tries again when the updater announces one', async () => {
  const { ask, kernel, resolver } = createWorld(['example.org'], answering)
  kernel.before = async () => {
    if (kernel.requests.length > 1) return
    setImmediate(resolver.revisionConfirmed)
    throw new RefusedLease('revision')
  }
  assert.equal(answersOf(await ask('example.org')).length, 1)
})

test('without agreement on a revision it is SERVFAIL after the deadline', async () => {
  const { ask, kernel, pass } = createWorld(['example.org'], answering)
  kernel.before = async () => {
    pass(0.2)
    throw new RefusedLease('revision')
  }
  const reply = await ask('example.org')
  assert.deepEqual([reply.rcode, edeOf(reply), kernel.requests.length], ['SERVFAIL', [14], 2])
})

test('a time-boxed entry stops answering at its end, cached or not', async () => {
  const { ask, askAtOnce, pass } = createWorld([`example.org until=${Date.UTC(2026, 0, 1) + 60_000}`], answering)
  await ask('example.org')
  pass(59)
  assert.equal(askAtOnce('example.org')!.rcode, 'NOERROR')
  pass(1)
  assert.equal(askAtOnce('example.org')!.rcode, 'NXDOMAIN')
})

test('a client without an address of the family is answered NODATA', () => {
  const policy = policyOf(['example.org'], { guard: 'forward' })
  const { askAtOnce, asked } = createWorld(['example.org'], answering, { policy })
  const reply = askAtOnce('example.org', 'AAAA', '10.77.0.2')!
  assert.deepEqual([reply.rcode, reply.answers?.length, asked.length], ['NOERROR', 0, 0])
  assert.equal(askAtOnce('example.org', 'A', '10.77.0.2'), undefined)
})

test('a flood of names below a wildcard keeps memory bounded and what is in use at hand', async () => {
  const { ask, askAtOnce, resolver } = createWorld(['example.org', '*.example.org'], answering, { cacheOctets: 100_000 })
  await ask('example.org')
  for (let index = 0; index < 1000; index++) {
    await ask(`x${index}.example.org`)
    assert.ok(askAtOnce('example.org'))
  }
  assert.ok(resolver.status().octets <= 100_000)
})
