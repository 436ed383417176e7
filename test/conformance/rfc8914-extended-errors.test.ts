// RFC 8914: what a denial or failure tells those who sent EDNS.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import { TYPE } from '../../src/dns/vocabulary.ts'
import { parseEndpoint } from '../../src/net/endpoint.ts'
import { createWorld, edeOf, respond } from '../resolver/world.ts'
import { createCertificate } from '../support/certificate.ts'
import { startUnbound } from '../support/unbound.ts'
import { type RigOptions, startRig } from './rig.ts'

const rig = await startRig({
  entries: ['inside.example', 'www.example', '!shut.example', `late.example until=${Date.UTC(2025, 0, 1)}`],
  records: ['inside.example. 300 IN A 10.0.0.1', 'www.example. 300 IN A 192.0.2.1', 'www.forged.example. 300 IN A 192.0.2.66'],
})
after(() => rig.close())

const REASONS: [readonly string[], RegExp][] = [
  [['denied.example'], /EDE: 15 \(Blocked\): \(no rule allows this name\)/],
  [['shut.example'], /EDE: 15 \(Blocked\): \(a rule denies this name\)/],
  [['late.example'], /EDE: 15 \(Blocked\): \(the rule for this name has expired\)/],
  [['www.example', 'TXT'], /EDE: 15 \(Blocked\): \(this record type is not allowed\)/],
  [['inside.example'], /EDE: 15 \(Blocked\): \(every address of this name is one that may not be opened\)/],
]
for (const [words, expected] of REASONS)
  test(`${words.join(' ')}: ${expected.source.replaceAll('\\', '')}`, async () => {
    assert.match(await rig.dig(...words), expected)
    assert.doesNotMatch(await rig.dig(...words, '+noedns'), /EDE/)
  })

test('kdig reads it too', async () => {
  assert.match(await rig.kdig('denied.example', '+edns'), /EDE: 15 \(Blocked\): 'no rule allows this name'/)
})

test('the text can be turned off, the code stays', async () => {
  const curt = await startRigElsewhere([], { options: { explain: false } })
  const printed = await curt.dig('denied.example')
  assert.match(printed, /EDE: 15 \(Blocked\)/)
  assert.doesNotMatch(printed, /no rule/)
  await curt.close()
})

test('why Unbound has found an answer to be forged is told to the client, by its code', async (t) => {
  const certificate = createCertificate(['dns.example'], ['127.0.0.1'])
  const anchor = `forged.example. DS 4711 8 2 ${'5a'.repeat(32)}`
  const unbound = await startUnbound({ certificate, records: [], validation: { authority: '127.0.0.9@53', anchor } })
  t.after(async () => {
    await unbound.close()
    certificate.remove()
  })
  const validating = await startRigElsewhere(['*.example'], { upstream: parseEndpoint(`127.0.0.1:${unbound.port}`, 53)! })
  assert.match(await validating.dig('www.example'), /status: NOERROR/)
  assert.match(
    await validating.dig('www.forged.example'),
    /status: SERVFAIL[\s\S]*EDE: 9 \(DNSKEY Missing\): \(upstream answered SERVFAIL\)/,
  )
  assert.equal(validating.kernel.requests.length, 1)
  await validating.close()
})

test('of reasons of an upstream those about DNSSEC and reach are passed on, without their text', async () => {
  const explained = (...codes: readonly number[]) => ({
    type: 'OPT',
    name: '.',
    udpPayloadSize: 1232,
    options: codes.map((code) => ({ code: 15, data: Buffer.concat([Buffer.from([code >> 8, code]), Buffer.from('read this')]) })),
  })
  for (const [codes, told] of [
    [[6], 6],
    [[0, 22, 7], 22],
    [[27], 27],
    [[3, 4, 15, 18, 49_152], 23],
    [[], 23],
  ] as const) {
    const script = respond(
      { name: parseName('example.org'), type: TYPE.A, dnssecOk: false },
      { rcodeNumber: 2, additionals: [explained(...codes)] },
    )
    const { ask } = createWorld(['example.org'], () => script)
    const reply = await ask('example.org')
    assert.deepEqual(edeOf(reply), [told])
    assert.doesNotMatch(JSON.stringify(reply), /read this/)
  }
})

async function startRigElsewhere(entries: readonly string[], rest: Omit<RigOptions, 'entries'>) {
  await rig.server.setEndpoints([])
  return startRig({ entries, ...rest })
}
