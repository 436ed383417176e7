// Upstreams over TLS and HTTPS: a real Unbound answers for both, and a server of ours looks at what arrives.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createSecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { createServer, type TLSSocket } from 'node:tls'
import { FrameReader, frame } from '../../src/dns/frame.ts'
import { parseName } from '../../src/dns/name.ts'
import { TYPE } from '../../src/dns/vocabulary.ts'
import { parseAddress } from '../../src/net/address.ts'
import { parseEndpoint } from '../../src/net/endpoint.ts'
import type { UpstreamSpec } from '../../src/upstream/directory.ts'
import { createUpstream, type Upstream, type UpstreamOptions } from '../../src/upstream/upstream.ts'
import { decode } from '../resolver/world.ts'
import { createCertificate } from '../support/certificate.ts'
import { startUnbound } from '../support/unbound.ts'
import { answerTo, startScriptedServer } from './scripted-server.ts'

const certificate = createCertificate(['dns.example'], ['127.0.0.1'])
const unbound = await startUnbound({
  certificate,
  records: ['www.example.org. 300 IN A 192.0.2.1', 'www.example.org. 300 IN AAAA 2001:db8::1'],
})
const authorities = readFileSync(certificate.file, 'utf8')
const closing: (() => unknown)[] = [unbound.close, certificate.remove]
after(async () => {
  for (const close of closing.reverse()) await close()
})

const loopback = parseAddress('127.0.0.1')!
const tls = (name: string, port = unbound.tlsPort, address: typeof loopback | undefined = loopback): UpstreamSpec => {
  return { kind: 'tls', label: `tls://127.0.0.1:${port}#${name}`, name, port, address }
}
const https = (name: string, path = '/dns-query'): UpstreamSpec => {
  return { kind: 'https', label: `https://127.0.0.1${path}#${name}`, name, port: unbound.httpsPort, path, address: loopback }
}

function upstreamOf(specs: readonly UpstreamSpec[], options: Partial<UpstreamOptions> = {}): Upstream {
  const upstream = createUpstream({ specs, ownEndpoints: [], authorities, log: { warn() {} }, ...options })
  closing.push(upstream.close)
  return upstream
}

const ask = (upstream: Upstream, name = 'www.example.org', type: number = TYPE.A) =>
  upstream.exchange({ name: parseName(name), type, dnssecOk: false })

for (const [how, spec] of [
  ['TLS, by its name', tls('dns.example')],
  ['TLS, by its address', tls('127.0.0.1')],
  ['HTTPS, by its name', https('dns.example')],
  ['HTTPS, by its address', https('127.0.0.1')],
] as const)
  test(`Unbound answers over ${how}, a hundred questions at once too`, async () => {
    const upstream = upstreamOf([spec])
    assert.deepEqual((await ask(upstream)).answer.addresses, ['192.0.2.1'])
    const many = await Promise.all(
      Array.from({ length: 100 }, (_, index) => ask(upstream, 'www.example.org', index % 2 ? TYPE.AAAA : TYPE.A)),
    )
    assert.ok(many.every(({ answer }, index) => answer.addresses[0] === (index % 2 ? '2001:db8::1' : '192.0.2.1')))
    assert.equal((await ask(upstream, 'missing.example.org')).answer.kind, 'nxdomain')
  })

for (const [how, spec] of [
  ['TLS', tls('other.example')],
  ['HTTPS', https('other.example')],
] as const)
  test(`over ${how} a certificate for another name is refused`, async () => {
    await assert.rejects(ask(upstreamOf([spec])), { kind: 'network', message: /other\.example/ })
  })

for (const [how, spec] of [
  ['TLS', tls('dns.example')],
  ['HTTPS', https('dns.example')],
] as const)
  test(`over ${how} a certificate that no known authority has signed is refused`, async () => {
    await assert.rejects(ask(upstreamOf([spec], { authorities: undefined })), { kind: 'network', message: /self-signed|unable to verify/i })
  })

test('a path that is no DNS service fails and says what it got', async () => {
  await assert.rejects(ask(upstreamOf([https('dns.example', '/other')])), { kind: 'network', message: /expected status 200 .* got 404/ })
})

for (const [what, contentType, length, expected] of [
  ['of another media type', 'text/plain', 0, /expected status 200 and application\/dns-message, got 200 and text\/plain/],
  ['longer than any message', 'application/dns-message', 70_000, /more than 65535 octets/],
] as const)
  for (const protocol of ['h2', 'http/1.1'])
    test(`over HTTPS an answer ${what} is none (${protocol})`, async () => {
      const good = { contentType: 'application/dns-message', length: 0 }
      let now = { contentType, length } as typeof good
      const port = await serveHttps(protocol, (query) => ({ ...now, body: Buffer.concat([answerTo(query), Buffer.alloc(now.length)]) }))
      const upstream = upstreamOf([{ ...https('dns.example'), port } as UpstreamSpec])
      await assert.rejects(ask(upstream), { kind: 'network', message: expected })
      now = good
      assert.equal((await ask(upstream)).answer.kind, 'data')
    })

test('over HTTPS and TLS a truncated answer is none', async () => {
  const cut = (query: Buffer) => {
    const answer = answerTo(query)
    answer[2] = answer[2]! | 0x02
    return answer
  }
  const port = await serveHttps('h2', (query) => ({ contentType: 'application/dns-message', body: cut(query) }))
  const heard = await listen((query, socket) => void socket.write(frame(cut(query), cut(query).length)))
  for (const spec of [{ ...https('dns.example'), port } as UpstreamSpec, tls('dns.example', heard.port)])
    await assert.rejects(ask(upstreamOf([spec])), { kind: 'network', message: /truncated answer/ })
})

/** An HTTPS server of ours. Returns its port. */
async function serveHttps(
  protocol: string,
  answer: (query: Buffer) => { readonly contentType: string; readonly body: Buffer },
): Promise<number> {
  const settings = { key: readFileSync(certificate.key), cert: authorities, allowHTTP1: true, ALPNProtocols: [protocol] }
  const server = createSecureServer(settings, async (request, response) => {
    const { contentType, body } = answer(await buffer(request))
    response.on('error', () => {})
    response.writeHead(200, { 'content-type': contentType }).end(body)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  closing.push(() => server.close())
  return (server.address() as AddressInfo).port
}

test('the name of an upstream is looked up with the bootstrap servers, once', async () => {
  const guide = await startScriptedServer(({ query, reply }) => {
    const answer = answerTo(query)
    const isA = query.readUInt16BE(query.indexOf(0, 12) + 1) === TYPE.A
    if (isA) answer.set([127, 0, 0, 1], answer.length - 4)
    reply(isA ? answer : answer.subarray(0, -16).fill(0, 6, 8))
  })
  closing.push(guide.close)
  const bootstrap = [{ kind: 'plain', endpoint: guide.endpoint }] as const
  for (const spec of [
    { ...tls('dns.example'), address: undefined },
    { ...https('dns.example'), address: undefined },
  ] as const) {
    const before = guide.asked.length
    const upstream = upstreamOf([spec], { bootstrap })
    for (let count = 0; count < 3; count++) assert.deepEqual((await ask(upstream)).answer.addresses, ['192.0.2.1'])
    assert.equal(guide.asked.length - before, 2)
  }
})

test('a name that cannot be looked up is an upstream that fails', async () => {
  const guide = parseEndpoint('127.0.0.1:1', 53)!
  const upstream = upstreamOf([{ ...tls('dns.example'), address: undefined } as UpstreamSpec], {
    bootstrap: [{ kind: 'plain', endpoint: guide }],
  })
  await assert.rejects(ask(upstream), { kind: 'network', message: /dns\.example: no address/ })
})

interface Listened {
  readonly queries: Buffer[]
  connections: number
}

/** A TLS server of ours; what it does with a query is up to the test. */
async function listen(onQuery: (query: Buffer, socket: TLSSocket) => void): Promise<Listened & { readonly port: number }> {
  const heard: Listened & { port: number } = { queries: [], connections: 0, port: 0 }
  const server = createServer({ key: readFileSync(certificate.key), cert: authorities, ALPNProtocols: ['dot'] }, (socket) => {
    heard.connections++
    const frames = new FrameReader()
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      frames.push(chunk)
      for (let query = frames.next(); query !== undefined; query = frames.next()) {
        heard.queries.push(query)
        onQuery(query, socket)
      }
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  closing.push(() => server.close())
  heard.port = (server.address() as { port: number }).port
  return heard
}

const reply = (query: Buffer, socket: TLSSocket) => void socket.write(frame(answerTo(query), answerTo(query).length))

test('queries over TLS are padded to 128 octets, in plain case and without a cookie', async () => {
  const heard = await listen(reply)
  const upstream = upstreamOf([tls('dns.example', heard.port)])
  for (const name of ['a.example', 'a-much-longer-name-than-that.example.org']) await ask(upstream, name)
  for (const query of heard.queries) {
    assert.equal(query.length % 128, 0)
    assert.doesNotMatch(query.toString('latin1', 12, query.indexOf(0, 12)), /[A-Z]/)
    assert.deepEqual(
      Object(decode(query).additionals?.[0]).options.map((option: { code: number }) => option.code),
      [12],
    )
  }
})

test('the connection is kept, queries are pipelined on it, and replies may come in any order', async () => {
  const held: Buffer[] = []
  const heard = await listen((query, socket) => {
    held.push(query)
    if (held.length === 20) for (const one of held.reverse()) reply(one, socket)
    if (held.length > 20) reply(query, socket)
  })
  const upstream = upstreamOf([tls('dns.example', heard.port)])
  await Promise.all(Array.from({ length: 20 }, (_, index) => ask(upstream, `n${index}.example`)))
  await ask(upstream)
  assert.deepEqual([heard.connections, heard.queries.length], [1, 21])
})

test('a connection that the server has closed is opened anew', async () => {
  const heard = await listen((query, socket) => {
    reply(query, socket)
    socket.end()
  })
  const upstream = upstreamOf([tls('dns.example', heard.port)])
  for (let count = 0; count < 3; count++) assert.equal((await ask(upstream)).answer.kind, 'data')
  assert.ok(heard.connections >= 3)
})

test('a connection that is cut in the middle of an exchange costs a retry, not the answer', async () => {
  let isFirst = true
  const heard = await listen((query, socket) => {
    if (isFirst) socket.destroy()
    else reply(query, socket)
    isFirst = false
  })
  assert.equal((await ask(upstreamOf([tls('dns.example', heard.port)]))).answer.kind, 'data')
})

test('what a server sends beside the answer is ignored and counted', async () => {
  const heard = await listen((query, socket) => {
    const forgery = answerTo(query)
    forgery[13] = 0x7a
    for (let count = 0; count < 50; count++) socket.write(frame(forgery, forgery.length))
    reply(query, socket)
  })
  const upstream = upstreamOf([tls('dns.example', heard.port)])
  assert.equal((await ask(upstream)).answer.kind, 'data')
  assert.equal(upstream.status().servers[0]!.wrong, 50)
})

test('a server that floods a connection with what answers nothing is cut off, and another is asked', async () => {
  let sent = 0
  const flooding = await listen((query, socket) => {
    const forgery = frame(answerTo(query).fill(0x7a, 13, 14), answerTo(query).length)
    const pour = (): void => {
      while (!socket.destroyed && sent < 1_000_000 && socket.write(forgery)) sent++
      sent++
    }
    socket.on('drain', pour)
    pour()
  })
  const upstream = upstreamOf([tls('dns.example', flooding.port), tls('dns.example')])
  assert.equal((await ask(upstream)).answer.kind, 'data')
  const wrong = upstream.status().servers[0]!.wrong
  assert.ok(wrong >= 100 && wrong < 1_000, `${wrong} read of ${sent}`)
})
