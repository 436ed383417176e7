// The same questions to three real servers of different makers: what we take from their answers is the same.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import { readUint16 } from '../../src/dns/octets.ts'
import { parseType, TYPE } from '../../src/dns/vocabulary.ts'
import { type Endpoint, parseEndpoint } from '../../src/net/endpoint.ts'
import { createUpstream } from '../../src/upstream/upstream.ts'
import { startAuthority } from '../support/authority.ts'
import { createCertificate } from '../support/certificate.ts'
import { startKnot } from '../support/knot.ts'
import { freePorts, startUnbound } from '../support/unbound.ts'

const ADDRESS = '127.0.0.1'
const many = Array.from({ length: 90 }, (_, index) => `many.example. 300 IN AAAA 2001:db8::${index + 1}`)
const records = [
  'www.example. 300 IN A 192.0.2.1',
  'www.example. 300 IN A 192.0.2.2',
  'WWW2.Example. 300 IN AAAA 2001:db8::2',
  'odd.example. 300 IN TYPE65280 \\# 3 c00c00',
  'service.example. 300 IN SRV 1 2 443 www.example.',
  'text.example. 300 IN TXT "one" "two"',
  ...many,
]
/** Unbound does not follow aliases among its own records. */
const aliases = ['alias.example. 300 IN CNAME www.example.', 'dname.example. 300 IN DNAME example.']
const folder = mkdtempSync(join(tmpdir(), 'sallyport-peers-'))
const [nsdPort, knotPort, strictPort] = await freePorts(3)
const here = {
  spawn: (command: readonly string[], options: object = {}) => spawn(command[0]!, command.slice(1), { stdio: 'pipe', ...options }),
}
const certificate = createCertificate(['dns.example'], [ADDRESS])
const place = { address: ADDRESS, folder }
const [nsd, knot, unbound] = await Promise.all([
  startAuthority({ namespace: here, addresses: [ADDRESS], folder, port: nsdPort!, records: [...records, ...aliases] }),
  startKnot({ ...place, port: knotPort!, records: [...records, ...aliases] }),
  startUnbound({ certificate, records }),
])
after(async () => {
  await Promise.all([nsd, knot, unbound].map((server) => server.close()))
  certificate.remove()
  rmSync(folder, { recursive: true })
})

const endpoint = (port: number): Endpoint => parseEndpoint(`${ADDRESS}:${port}`, 53)!
const PEERS = { NSD: endpoint(nsdPort!), Knot: endpoint(knotPort!), Unbound: endpoint(unbound.port) }

function upstreamOf(server: Endpoint) {
  const upstream = createUpstream({ specs: [{ kind: 'plain', endpoint: server }], ownEndpoints: [], log: { warn() {} } })
  const ask = async (name: string, type = 'A', dnssecOk = false) => {
    const question = { name: parseName(name), type: parseType(type)!, dnssecOk }
    return (await upstream.exchange(question)).answer
  }
  return { ...upstream, ask }
}

for (const [maker, server] of Object.entries(PEERS)) {
  test(`${maker}: addresses, other types, negative answers, and what does not fit into a datagram`, async (context) => {
    const upstream = upstreamOf(server)
    context.after(() => upstream.close())
    const { ask } = upstream
    assert.deepEqual([...(await ask('www.example')).addresses].sort(), ['192.0.2.1', '192.0.2.2'])
    assert.deepEqual((await ask('www2.example', 'AAAA')).addresses, ['2001:db8::2'])
    assert.equal((await ask('many.example', 'AAAA')).addresses.length, 90)
    assert.equal((await ask('odd.example', 'TYPE65280')).template.answers, 1)
    assert.equal((await ask('service.example', 'SRV')).template.answers, 1)
    assert.equal((await ask('text.example', 'TXT', true)).ttlSeconds, 300)
    assert.equal((await ask('www.example', 'MX')).kind, 'nodata')
    assert.equal((await ask('missing.example')).kind, 'nxdomain')
    const { wrong, timeouts, foldsCase, overTcp } = upstream.status().servers[0]!
    assert.deepEqual([wrong, timeouts, foldsCase, overTcp], [0, 0, false, 1])
  })

  if (maker !== 'Unbound')
    test(`${maker}: aliases by CNAME and DNAME lead to the addresses`, async (context) => {
      const upstream = upstreamOf(server)
      context.after(() => upstream.close())
      for (const name of ['alias.example', 'www.dname.example', 'alias.dname.example']) {
        const { addresses, template } = await upstream.ask(name)
        assert.deepEqual([...addresses].sort(), ['192.0.2.1', '192.0.2.2'], name)
        const types = template.ttlOffsets.map((at) => readUint16(template.octets, at - 4))
        assert.ok(types.every((type) => type === TYPE.A || type === TYPE.CNAME))
      }
    })
}

test('a Knot that answers nobody without its cookie gives us one, and is asked over UDP from then on (RFC 7873 section 5.2.3)', async (context) => {
  const own = mkdtempSync(join(folder, 'strict-'))
  const strict = await startKnot({ address: ADDRESS, folder: own, port: strictPort!, records, wantsCookies: true })
  const upstream = upstreamOf(endpoint(strictPort!))
  context.after(async () => {
    upstream.close()
    await strict.close()
  })
  await upstream.ask('www.example')
  const first = upstream.status().servers[0]!
  assert.ok(first.overTcp > 0)
  for (const name of ['www2.example', 'text.example', 'odd.example']) await upstream.ask(name)
  const { wrong, timeouts, overTcp } = upstream.status().servers[0]!
  assert.deepEqual([wrong, timeouts, overTcp], [0, 0, first.overTcp])
})
