// Resolver, updater, kernel and `why`, as running processes, against the naive reference: every name, type and client over random zones.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { parsePrefix } from '../../src/net/prefix.ts'
import type { ZoneFile } from '../../src/policy/rule.ts'
import { parseZone } from '../../src/zones/parse.ts'
import { type ReferenceClient, type ReferenceVerdict, referenceDecide } from '../property/reference.ts'
import { listElements, listSets } from '../support/nft.ts'
import { createRandom } from '../support/random.ts'
import type { Sallyport } from '../support/sallyport.ts'
import type { Sandbox } from '../support/sandbox.ts'
import { startForward } from '../support/scenario.ts'
import { createWorld } from '../support/world.ts'

const LABELS = ['a', 'b', 'www', 'x_y']
const APEXES = ['example', 'test.example', 'net']
const PORTS = ['', '443', 'tcp/80 udp/53', '8000-8100', 'tcp/8010-8020', 'any']
const OPTIONS = ['', '', '', 'private', 'until=2020-01-01', 'until=2099-01-01', 'types=TXT']
const HEADS = ['', '', '$CLIENTS alpha\n', '$CLIENTS 10.77.2.0/24\n', '$CLIENTS alpha 10.77.2.2\n']
const TYPES = { A: 1, AAAA: 28, TXT: 16 } as const
type Random = ReturnType<typeof createRandom>

const ROUNDS = 3
const SEED = 20_261_124

const heads = ['', ...LABELS.map((label) => `${label}.`), ...LABELS.flatMap((one) => LABELS.map((other) => `${one}.${other}.`))]
const names = APEXES.flatMap((apex) => heads.map((head) => `${head}${apex}`)).filter((name, index, all) => all.indexOf(name) === index)

/** An address a name, so that an element tells for which name it is. Every fourth name lives at a private one. */
const addressOf = (index: number, type: 'A' | 'AAAA'): string => {
  if (type === 'AAAA') return `2001:db8:1::${(index + 1).toString(16)}`
  return index % 4 === 0 ? `10.99.0.${index + 1}` : `192.0.2.${index + 1}`
}

const world = await createWorld(
  names.flatMap((name, index) => [
    `${name}. 300 IN A ${addressOf(index, 'A')}`,
    `${name}. 300 IN AAAA ${addressOf(index, 'AAAA')}`,
    `${name}. 300 IN TXT "text"`,
  ]),
)
after(() => world.close())
const { alpha, beta, gateway } = world
const CLIENTS: readonly { readonly sandbox: Sandbox; readonly reference: ReferenceClient }[] = [
  {
    sandbox: alpha,
    reference: { source: alpha.address4, entry: { name: 'alpha', prefixes: [parsePrefix(alpha.address4)!, parsePrefix(alpha.address6)!] } },
  },
  // Not in `clients:`, so it has no IPv6 address that anyone knows of.
  { sandbox: beta, reference: { source: beta.address4, entry: undefined } },
]

for (let round = 0; round < ROUNDS; round++) {
  test(`round ${round + 1}: answers, elements in the kernel and why agree with the reference on every name, type and client`, async (t) => {
    const random = createRandom(SEED + round)
    const texts = Object.fromEntries(Array.from({ length: 4 }, (_, index) => [`${index}.zone`, randomZone(random)]))
    const sallyport = await startForward(world, { zones: texts, clients: { alpha: [alpha.address4, alpha.address6] } })
    try {
      const files = Object.entries(texts).map(([file, text]) => parse(file, text))
      const kinds = new Map<string, number>()
      const opened = new Set<string>()
      for (const { sandbox, reference } of CLIENTS) await compareAnswers(files, sandbox, reference, kinds, opened)
      assert.deepEqual(openInKernel(), [...opened].sort())
      compareWhy(sallyport, files, random)
      t.diagnostic([...kinds].map(([kind, count]) => `${kind} ${count}`).join(', '))
    } finally {
      await sallyport.stop()
      sallyport.cli('down')
    }
  })
}

async function compareAnswers(
  files: readonly ZoneFile[],
  sandbox: Sandbox,
  client: ReferenceClient,
  kinds: Map<string, number>,
  opened: Set<string>,
): Promise<void> {
  for (const [index, name] of names.entries()) {
    for (const type of ['A', 'AAAA', 'TXT'] as const) {
      const verdict = referenceDecide(files, client, name, TYPES[type], Date.now())
      kinds.set(verdict.kind, (kinds.get(verdict.kind) ?? 0) + 1)
      const answers = expectedAnswers(verdict, index, type, client)
      const reply = await sandbox.ask(name, type)
      assert.deepEqual(
        [reply.rcode, reply.answers],
        [verdict.kind === 'NXDOMAIN' ? 'NXDOMAIN' : 'NOERROR', answers],
        `${client.source} asks for ${name} ${type}`,
      )
      if (type === 'TXT' || answers.length === 0) continue
      const source = type === 'A' ? sandbox.address4 : sandbox.address6
      for (const port of verdict.ports) opened.add(`${source} ${addressOf(index, type)} ${port}`)
    }
  }
}

function expectedAnswers(verdict: ReferenceVerdict, index: number, type: 'A' | 'AAAA' | 'TXT', client: ReferenceClient): string[] {
  if (verdict.kind !== 'allow') return []
  if (type === 'TXT') return ['TXT text']
  if (type === 'AAAA' && client.entry === undefined) return []
  if (type === 'A' && index % 4 === 0 && !verdict.private) return []
  return [`${type} ${addressOf(index, type)}`]
}

/** Every learned element, as "client destination tcp/443-443": the words of the reference. */
function openInKernel(): string[] {
  const learned = listSets(gateway, 'sallyport').filter((name) => /^(allow|any)[46]$|_v[46]$/.test(name))
  const open = learned.flatMap((set) => listElements(gateway, 'sallyport', set).map(({ key }) => describe(set, key.split(' . '))))
  return open.sort()
}

function describe(set: string, [client, destination, protocol, port]: readonly string[]): string {
  const range = /^(tcp|udp)_(\d+)_(\d+)_v/.exec(set)
  const ports = range ? `${range[1]}/${range[2]}-${range[3]}` : set.startsWith('any') ? 'any/0-65535' : `${protocol}/${port}-${port}`
  return `${client} ${destination} ${ports}`
}

function compareWhy(sallyport: Sallyport, files: readonly ZoneFile[], random: Random): void {
  for (let sample = 0; sample < 6; sample++) {
    const name = random.pick(names)
    const { reference } = random.pick(CLIENTS)
    const verdict = referenceDecide(files, reference, name, TYPES.A, Date.now())
    const { stdout, status, stderr } = sallyport.cli('why', name, '--client', reference.source, '--json')
    const said = JSON.parse(stdout || '{}') as { readonly verdict?: string; readonly ports?: readonly string[] }
    assert.equal(said.verdict, verdict.kind === 'allow' ? 'allow' : 'deny', `why ${name} --client ${reference.source}: ${stderr}`)
    assert.equal(status, verdict.kind === 'allow' ? 0 : 1)
    assert.deepEqual(said.ports?.map(widen).sort(), [...verdict.ports].sort())
  }
}

function widen(port: string): string {
  if (port === 'any') return 'any/0-65535'
  return port.includes('-') ? port : `${port}-${port.split('/')[1]}`
}

function randomZone(random: Random): string {
  const head = `${random.pick(HEADS)}${random.pick(['', '$TIER base\n'])}${random.pick(['', '$PORTS 22 udp/443\n'])}`
  const entries = Array.from({ length: 4 + random.below(10) }, () => {
    const subject = `${random.pick(['', '', '*.'])}${random.pick(names)}`
    // A wildcard over a top-level name is not for the app tier.
    const checked = subject === '*.net' ? '*.a.net' : subject
    return random.below(4) === 0 ? `!${checked}` : `${checked} ${random.pick(PORTS)} ${random.pick(OPTIONS)}`
  })
  return `${head}${entries.join('\n')}\n`
}

function parse(file: string, text: string): ZoneFile {
  const { zone, problems } = parseZone(text, { file, tier: undefined })
  assert.ok(zone, JSON.stringify(problems))
  return zone
}
