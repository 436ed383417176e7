// Limits of the app tier: where a file goes beyond, and that nothing takes effect then.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parsePortRange } from '../../src/net/port.ts'
import { parsePrefix } from '../../src/net/prefix.ts'
import { createLoader, type Load, type PolicySettings } from '../../src/zones/loader.ts'
import { formatProblem } from '../../src/zones/parse.ts'
import type { TierLimits } from '../../src/zones/tier-limit.ts'

const FREE: TierLimits = { private: true, any: true, wildcards: true, audit: true, ports: undefined, names: undefined, clients: undefined }
const CLIENTS = [{ name: 'reviewer', prefixes: [parsePrefix('10.77.0.2')!] }]

async function load(t: TestContext, app: string, limits: Partial<TierLimits>, base = app): Promise<Load> {
  const folder = mkdtempSync(join(tmpdir(), 'limits-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const [tier, text] of [
    ['app', app],
    ['base', base],
  ] as const) {
    mkdirSync(join(folder, tier))
    writeFileSync(join(folder, tier, `${tier}.zone`), text)
  }
  const settings: PolicySettings = { clients: CLIENTS, guard: 'forward', audit: false, neverOpen: [], appLimits: { ...FREE, ...limits } }
  return createLoader({ kind: 'tiers', base: join(folder, 'base'), app: join(folder, 'app') }, settings)()
}

const errorsOf = (found: Load) =>
  (found.kind === 'broken' ? found.problems : [])
    .filter(({ severity }) => severity === 'error')
    .map((problem) => formatProblem(problem).replace(/^\S*\/(?=app\.zone:)/, ''))

const BEYOND: readonly [what: string, text: string, limits: Partial<TierLimits>, problem: RegExp][] = [
  ['private', '# note\ndb.corp.example 5432 private\n', { private: false }, /^app\.zone:2: private is not for the app tier to say/],
  ['any', 'a.example any\n', { any: false }, /^app\.zone:1: opens any: limits\.app\.any/],
  ['any in other words', 'a.example udp/1-65535\n', { any: false }, /^app\.zone:1: opens udp\/1-65535/],
  ['$PORTS any', '$PORTS any\na.example\n', { any: false }, /^app\.zone:2: opens any/],
  ['a wildcard', 'a.example\n*.b.example\n', { wildcards: false }, /^app\.zone:2: stands for more than one/],
  ['a prefix', '203.0.113.0/24\n', { wildcards: false }, /^app\.zone:1: stands for more than one/],
  ['audit mode', 'a.example\n'.replace(/^/, '$MODE audit\n'), { audit: false }, /^app\.zone:1: \$MODE audit is not for the app tier/],
  [
    'another port',
    'a.example 443\nb.example 22 443\n',
    { ports: [parsePortRange('443')!] },
    /^app\.zone:2: opens tcp\/22; limits\.app\.ports permits tcp\/443$/,
  ],
  [
    'one entry too many',
    '!c.example\na.example\n203.0.113.1\nb.example\n',
    { names: 2 },
    /^app\.zone:4: entry 3 of 3 that allow something/,
  ],
  [
    'another client',
    '# whom\n$CLIENTS reviewer 10.77.0.0/16\na.example\n',
    { clients: [{ kind: 'name', name: 'reviewer' }] },
    /^app\.zone:2: is for 10\.77\.0\.0\/16; limits\.app\.clients permits reviewer$/,
  ],
  ['every client', 'a.example\n', { clients: [{ kind: 'name', name: 'reviewer' }] }, /^app\.zone: is for every client/],
]

for (const [what, text, limits, problem] of BEYOND) {
  test(`${what} beyond the limits is an error at its line, in the app tier and not in base`, async (t) => {
    const errors = errorsOf(await load(t, text, limits))
    assert.equal(errors.length, 1, errors.join('\n'))
    assert.match(errors[0]!, problem)
    assert.equal((await load(t, text, {})).kind, 'loaded')
  })
}

test('what is within the limits takes effect', async (t) => {
  const limits = {
    ...{ private: false, any: false, wildcards: false, audit: false, names: 2 },
    ports: [parsePortRange('443')!, parsePortRange('8000-9000')!],
    clients: [{ kind: 'prefix', prefix: parsePrefix('10.77.0.0/16')! }] as const,
  }
  const found = await load(t, '$CLIENTS 10.77.1.0/24\na.example 443 8050-8060\n203.0.113.1\n!*.b.example\n', limits, '')
  assert.deepEqual(errorsOf(found), [])
  assert.equal(found.kind, 'loaded')
})

test('a name under $CLIENTS that nobody knows is an error at its line', async (t) => {
  assert.deepEqual(errorsOf(await load(t, '# note\n$CLIENTS nobody\na.example\n', {}, '')), [
    'app.zone:2: $CLIENTS names "nobody", which is not under "clients:" in the settings',
  ])
})
