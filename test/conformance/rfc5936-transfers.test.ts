// RFC 5936 (AXFR), 1995 (IXFR), 1996 (NOTIFY) and 2136 (UPDATE): we are no authority, so nothing of them happens here or upstream.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import packet from 'dns-packet'
import { decode, soa } from '../resolver/world.ts'
import { connectTcp, exchangeUdp } from '../server/client.ts'
import { startRig } from './rig.ts'

const rig = await startRig({ entries: ['zone.example types=SOA,NS', '*.zone.example'], records: ['www.zone.example. 300 IN A 192.0.2.1'] })
after(() => rig.close())

const OPCODES = { notify: 4, update: 5, stateful: 6 } as const

test('AXFR of an allowed name transfers nothing', async () => {
  assert.match(await rig.dig('zone.example', 'AXFR'), /; Transfer failed\./)
})

test('AXFR, as any type that no entry can allow, is NODATA with our SOA over both transports, and NXDOMAIN below a denied name', async (context) => {
  const query = (name: string) => packet.encode({ type: 'query', id: 7, questions: [{ name, type: 'AXFR' }] })
  const stream = await connectTcp(context, 53)
  stream.send(query('zone.example'))
  for (const reply of [(await stream.receive())!, await exchangeUdp(53, query('zone.example'))]) {
    const { rcode, answers, authorities } = decode(reply)
    assert.deepEqual([rcode, answers?.length, authorities?.[0]?.type], ['NOERROR', 0, 'SOA'])
  }
  assert.equal(decode(await exchangeUdp(53, query('denied.invalid'))).rcode, 'NXDOMAIN')
})

test('IXFR, which brings an SOA along, is FORMERR: a question to a resolver carries no records', async () => {
  const questions = [{ name: 'zone.example', type: 'IXFR' }]
  const message = packet.encode({ type: 'query', id: 8, questions, authorities: [soa('zone.example')] })
  assert.equal(decode(await exchangeUdp(53, message)).rcode, 'FORMERR')
})

for (const [name, opcode] of Object.entries(OPCODES))
  test(`opcode ${name} is NOTIMP, with its ID and opcode, without question or records`, async () => {
    const message = packet.encode({ type: 'query', id: 9, questions: [{ name: 'zone.example', type: 'SOA' }] })
    message[2] = opcode << 3
    const reply = await exchangeUdp(53, message)
    assert.deepEqual([reply.length, reply.readUInt16BE(0), (reply[2]! >> 3) & 15, reply[3]! & 15], [12, 9, opcode, 4])
  })

test('none of it went upstream', () => {
  assert.equal(rig.resolver.counters.forwarded, 0)
})
