import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseName } from '../../src/dns/name.ts'
import { parseAddress } from '../../src/net/address.ts'
import { parsePrefix } from '../../src/net/prefix.ts'
import type { ClientEntry } from '../../src/policy/client.ts'
import { decide } from '../../src/policy/decide.ts'
import { buildPolicy } from '../../src/policy/policy.ts'
import type { ZoneFile } from '../../src/policy/rule.ts'
import { parseZone } from '../../src/zones/parse.ts'
import { createRandom } from '../support/random.ts'
import { type ReferenceVerdict, referenceDecide } from './reference.ts'

const LABELS = ['a', 'b', 'c', 'www', 'x_y', 'evil-a']
const APEXES = ['example', 'test.example', 'net']
const PORTS = ['', '443', 'tcp/80 udp/53', '8000-8100', 'tcp/8010-8020', 'any']
const OPTIONS = ['', '', '', 'private', 'until=2026-01-01', 'until=2030-01-01', 'types=TXT,SRV']
const CLIENTS: readonly ClientEntry[] = [
  { name: 'ci', prefixes: [parsePrefix('10.0.0.1')!, parsePrefix('10.0.1.1')!] },
  { name: 'dev', prefixes: [parsePrefix('10.0.2.0/24')!] },
]
const SOURCES = ['10.0.0.1', '10.0.1.1', '10.0.2.7', '10.0.3.1']
const HEADS = ['', '', '$CLIENTS ci\n', '$CLIENTS dev 10.0.3.0/24\n', '$CLIENTS 10.0.1.0/24\n']
const TYPES = [1, 28, 5, 16, 33, 65, 255]
const NOW = Date.UTC(2027, 0, 1)
const SEED = 20_261_123

test('decide agrees with the design read naively, on 100,000 random questions over random zone files', () => {
  const random = createRandom(SEED)
  const kinds = new Map<string, number>()
  for (let round = 0; round < 500; round++) {
    const files = randomFiles(random)
    const policy = buildPolicy({ files, clients: CLIENTS, guard: 'none', audit: false, neverOpen: [] })
    for (let question = 0; question < 200; question++) {
      const source = random.pick(SOURCES)
      const name = randomName(random)
      const type = random.pick(TYPES)
      const entry = source === '10.0.3.1' ? undefined : CLIENTS[source.startsWith('10.0.2') ? 1 : 0]
      const expected = referenceDecide(files, { source, entry }, name, type, NOW)
      const verdict = decide(policy.clientAt(parseAddress(source)!).view, parseName(name), type, NOW)
      const got: ReferenceVerdict =
        verdict.kind === 'allow'
          ? {
              kind: 'allow',
              ports: verdict.ports.map(({ protocol, first, last }) => `${protocol}/${first}-${last}`).sort(),
              private: verdict.private,
            }
          : { kind: verdict.rcode, ports: [], private: false }
      assert.deepEqual(
        got,
        expected,
        `${source} asks for ${name} type ${type} in\n${files.map((file) => JSON.stringify({ ...file, names: [...file.names] })).join('\n')}`,
      )
      kinds.set(got.kind, (kinds.get(got.kind) ?? 0) + 1)
    }
  }
  // A generator that never allows, or never denies, would show nothing.
  for (const kind of ['allow', 'NXDOMAIN', 'NODATA']) assert.ok((kinds.get(kind) ?? 0) > 3000, `${kind}: ${kinds.get(kind)}`)
})

type Random = ReturnType<typeof createRandom>

function randomFiles(random: Random): readonly ZoneFile[] {
  return Array.from({ length: 1 + random.below(5) }, (_, index) => {
    const text = `${random.pick(HEADS)}${random.pick(['', '$TIER base\n'])}${random.pick(['', '$PORTS 22 udp/443\n'])}${randomEntries(random)}`
    const { zone, problems } = parseZone(text, { file: `${index}.zone`, tier: undefined })
    assert.ok(zone, JSON.stringify(problems))
    return zone
  })
}

function randomEntries(random: Random): string {
  return Array.from({ length: random.below(12) }, () => {
    const subject = `${random.pick(['', '', '*.'])}${randomName(random)}`
    // A wildcard over a top-level name is not for the app tier.
    const checked = subject === '*.net' ? '*.a.net' : subject
    return random.below(4) === 0 ? `!${checked}` : `${checked} ${random.pick(PORTS)} ${random.pick(OPTIONS)}`
  }).join('\n')
}

function randomName(random: Random): string {
  const labels = Array.from({ length: random.below(4) }, () => random.pick(LABELS))
  return [...labels, random.pick(APEXES)].join('.')
}
