// Responses as three real servers write them, captured octet by octet when the tests run.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FrameReader, frame } from '../../src/dns/frame.ts'
import { parseName } from '../../src/dns/name.ts'
import { encodeQuery, MOST_QUERY_OCTETS } from '../../src/dns/query.ts'
import { parseType } from '../../src/dns/vocabulary.ts'
import { startAuthority } from '../support/authority.ts'
import { createCertificate } from '../support/certificate.ts'
import { startKnot } from '../support/knot.ts'
import { freePorts, startUnbound } from '../support/unbound.ts'

export interface Captured {
  readonly maker: 'NSD' | 'Knot' | 'Unbound'
  readonly name: string
  readonly type: string
  readonly dnssecOk: boolean
  readonly query: Uint8Array
  readonly response: Buffer
}

const ADDRESS = '127.0.0.1'
const LONG = `${'l'.repeat(63)}.${'m'.repeat(63)}.${'n'.repeat(63)}.example`

/** One of every type that has names or a shape of its own in RDATA, some awkward names, sizes and TTLs. */
const RECORDS = [
  'www.example. 300 IN A 192.0.2.1',
  'www.example. 300 IN A 192.0.2.2',
  'WwW.MiXeD.Example. 60 IN A 192.0.2.3',
  'six.example. 300 IN AAAA 2001:db8::1',
  'six.example. 300 IN AAAA ::ffff:192.0.2.1',
  'mail.example. 300 IN MX 10 www.example.',
  'mail.example. 300 IN MX 20 other.www.example.',
  'text.example. 300 IN TXT "one" "" "three words here"',
  `text.example. 300 IN TXT "${'x'.repeat(255)}"`,
  '_s._tcp.example. 300 IN SRV 1 2 443 www.example.',
  'naptr.example. 300 IN NAPTR 1 2 "u" "E2U+sip" "!^.*$!sip:x@example!" .',
  'caa.example. 300 IN CAA 128 issue "ca.example"',
  'svcb.example. 300 IN HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.1',
  'loc.example. 300 IN HINFO "cpu" "os"',
  'rp.example. 300 IN RP host.example. text.example.',
  'zero.example. 0 IN A 192.0.2.4',
  'long-ttl.example. 2147483647 IN A 192.0.2.5',
  'odd.example. 300 IN TYPE65280 \\# 4 c00cc00c',
  'tlsa.example. 300 IN TLSA 3 1 1 000102',
  'ptr.example. 300 IN PTR www.example.',
  `${LONG}. 300 IN A 192.0.2.6`,
  '\\000\\.\\200.example. 300 IN A 192.0.2.7',
  ...Array.from({ length: 100 }, (_, index) => `many.example. 300 IN A 192.0.2.${index}`),
]
/** Unbound keeps no aliases among records of its own. */
const ALIASES = [
  'alias.example. 300 IN CNAME www.example.',
  'second.example. 60 IN CNAME Alias.Example.',
  'dangling.example. 300 IN CNAME nowhere.example.',
  'tree.example. 300 IN DNAME example.',
]
const QUESTIONS: readonly (readonly [string, string])[] = [
  ...['www', 'www.mixed', 'zero', 'long-ttl', 'many', 'alias', 'second', 'dangling', 'www.tree', 'missing', 'six'].map(
    (name) => [`${name}.example`, 'A'] as const,
  ),
  [LONG, 'A'],
  ['\\000\\.\\200.example', 'A'],
  ['six.example', 'AAAA'],
  ['mail.example', 'MX'],
  ['text.example', 'TXT'],
  ['_s._tcp.example', 'SRV'],
  ['naptr.example', 'NAPTR'],
  ['caa.example', 'CAA'],
  ['svcb.example', 'HTTPS'],
  ['loc.example', 'HINFO'],
  ['rp.example', 'RP'],
  ['odd.example', 'TYPE65280'],
  ['tlsa.example', 'TLSA'],
  ['ptr.example', 'PTR'],
  ['alias.example', 'MX'],
  ['alias.example', 'CNAME'],
  ['www.example', 'SOA'],
]

/** Over TCP, so that nothing is cut; the query is ours, as it would go upstream. */
export async function captureCorpus(): Promise<readonly Captured[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-corpus-'))
  const [nsdPort, knotPort] = (await freePorts(2)) as [number, number]
  const certificate = createCertificate(['dns.example'], [ADDRESS])
  const here = {
    spawn: (command: readonly string[], options: object = {}) => spawn(command[0]!, command.slice(1), { stdio: 'pipe', ...options }),
  }
  const records = [...RECORDS, ...ALIASES]
  const [nsd, knot, unbound] = await Promise.all([
    startAuthority({ namespace: here, addresses: [ADDRESS], folder, port: nsdPort, records }),
    startKnot({ address: ADDRESS, folder, port: knotPort, records }),
    startUnbound({ certificate, records: RECORDS }),
  ])
  try {
    const places = [
      ['NSD', nsdPort],
      ['Knot', knotPort],
      ['Unbound', unbound.port],
    ] as const
    return (await Promise.all(places.map(([maker, port]) => captureFrom(maker, port)))).flat()
  } finally {
    await Promise.all([nsd, knot, unbound].map((server) => server.close()))
    certificate.remove()
    rmSync(folder, { recursive: true })
  }
}

async function captureFrom(maker: Captured['maker'], port: number): Promise<Captured[]> {
  const captured: Captured[] = []
  for (const dnssecOk of [false, true])
    for (const [name, type] of QUESTIONS) {
      const query = encode(name, type, dnssecOk)
      captured.push({ maker, name, type, dnssecOk, query, response: await exchange(port, query) })
    }
  return captured
}

function encode(name: string, type: string, dnssecOk: boolean): Uint8Array {
  const target = new Uint8Array(MOST_QUERY_OCTETS)
  const question = { name: parseName(name), type: parseType(type)!, dnssecOk }
  return target.slice(0, encodeQuery(question, { id: 4711, randomizeCase: true }, target, new Uint8Array(32).fill(0x5a)))
}

function exchange(port: number, query: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const frames = new FrameReader()
    const socket = createConnection(port, ADDRESS, () => socket.write(frame(query, query.length)))
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      frames.push(chunk)
      const message = frames.next()
      if (message === undefined) return
      socket.end()
      resolve(Buffer.from(message))
    })
  })
}
