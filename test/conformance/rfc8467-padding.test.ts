// RFC 7830 and 8467: what goes to an upstream in secret is padded, so that its length says little; what goes in the clear is not.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createSecureServer } from 'node:http2'
import { after, test } from 'node:test'
import { createServer } from 'node:tls'
import { FrameReader } from '../../src/dns/frame.ts'
import { parseAddress } from '../../src/net/address.ts'
import { decode } from '../resolver/world.ts'
import { framed } from '../server/client.ts'
import { createCertificate } from '../support/certificate.ts'
import { answerTo, startScriptedServer } from '../upstream/scripted-server.ts'
import { startRig } from './rig.ts'

const PADDING = 12
const certificate = createCertificate(['dns.example'], ['127.0.0.1'])
const authorities = readFileSync(certificate.file, 'utf8')
const identity = { key: readFileSync(certificate.key), cert: authorities }
const heard: Buffer[] = []

function hear(query: Buffer): Buffer {
  heard.push(query)
  return answerTo(query)
}

const plain = await startScriptedServer(({ query, reply }) => reply(hear(query)))
const tls = createServer({ ...identity, ALPNProtocols: ['dot'] }, (connection) => {
  const frames = new FrameReader()
  connection.on('data', (chunk) => {
    frames.push(chunk)
    for (let query = frames.next(); query !== undefined; query = frames.next()) connection.write(framed(hear(query)))
  })
})
const https = createSecureServer(identity, async (request, response) => {
  const query = Buffer.concat(await request.toArray())
  response.writeHead(200, { 'content-type': 'application/dns-message' }).end(hear(query))
})
for (const server of [tls, https]) await once(server.listen(0, '127.0.0.1'), 'listening')
const portOf = (server: typeof tls | typeof https) => (server.address() as { port: number }).port
const place = { name: 'dns.example', address: parseAddress('127.0.0.1') }
const UPSTREAMS = [
  { kind: 'plain', endpoint: plain.endpoint },
  { kind: 'tls', label: 'tls', port: portOf(tls), ...place },
  { kind: 'https', label: 'https', port: portOf(https), path: '/dns-query', ...place },
] as const
after(() => {
  plain.close()
  tls.close()
  https.close()
  certificate.remove()
})

const NAMES = ['a.example', `${'a-long-label-'.repeat(4)}.example`, `${'a-long-label-'.repeat(4)}.${'another-long-one-'.repeat(3)}.example`]

function optionsOf(query: Buffer): readonly { readonly code: number; readonly data: Buffer }[] {
  return Object(decode(query).additionals?.[0]).options
}

for (const upstream of UPSTREAMS)
  test(`queries over ${upstream.kind} are ${upstream.kind === 'plain' ? 'as long as they are' : 'padded with zeros to a multiple of 128 octets'}`, async () => {
    const rig = await startRig({ entries: ['*.example'], upstream, authorities })
    heard.length = 0
    for (const name of NAMES) assert.match(await rig.dig(name, '+padding=300'), /192\.0\.2\.1\n/)
    await rig.close()
    assert.equal(heard.length, NAMES.length)
    for (const query of heard) {
      const padding = optionsOf(query).find(({ code }) => code === PADDING)
      if (upstream.kind === 'plain') assert.equal(padding, undefined)
      else assert.deepEqual([query.length % 128, padding?.data.every((octet) => octet === 0)], [0, true])
    }
  })

test("a client's padding does not come back: its reply goes in the clear", async () => {
  const rig = await startRig({ entries: [] })
  assert.doesNotMatch(await rig.dig('denied.example', '+padding=128'), /; PAD/)
  await rig.close()
})
