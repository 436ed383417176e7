// Runs every test: those that share nothing side by side, then the scenarios one at a time, then what looks for leftovers.
// One report and one summary. Arguments are parts of paths: "node test/run.ts scenario/reload dns/".
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { run } from 'node:test'
import { spec as Spec } from 'node:test/reporters'
import { fileURLToPath } from 'node:url'
import { takeInventory } from './support/inventory.ts'

const FOLDER = fileURLToPath(new URL('.', import.meta.url))
/** The longest file, bench machines included, takes a fifth of this. */
const FILE_TIMEOUT_MS = 300_000

interface TestEvent {
  readonly type: string
  readonly data: {
    readonly nesting?: number
    readonly message?: string
    readonly file?: string
    readonly details?: { readonly passed?: boolean }
  }
}

if (process.getuid?.() !== 0) process.exit(runAsNamespaceRoot())
process.env.SALLYPORT_TEST_INVENTORY ??= JSON.stringify(takeInventory())

const events = Readable.from(allEvents(phases(process.argv.slice(2))))
events.pipe(new Spec()).pipe(process.stdout)

/** Scenarios need root over namespaces, not over the machine: a user namespace gives it, where subordinate ids are set up. */
function runAsNamespaceRoot(): number {
  const script = 'mount -t tmpfs tmpfs /run && exec "$@"'
  const words = [
    '--map-root-user',
    '--map-auto',
    '--mount',
    '--net',
    '--',
    'sh',
    '-c',
    script,
    'sh',
    process.execPath,
    ...process.argv.slice(1),
  ]
  if (!existsSync('/usr/bin/newuidmap')) {
    process.stderr.write(
      'the network-namespace tests need root: run "sudo npm test", or install the package uidmap and give yourself subordinate ids\n',
    )
    return 1
  }
  return spawnSync('unshare', words, { stdio: 'inherit' }).status ?? 1
}

function phases(wanted: readonly string[]): { readonly files: string[]; readonly concurrency: number }[] {
  const names = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts'))
  const chosen = names.filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part.replace(/^test\//, '')))).sort()
  const paths = (keep: (name: string) => boolean): string[] => chosen.filter(keep).map((name) => join(FOLDER, name))
  const isLast = (name: string): boolean => name === 'leftovers.test.ts'
  const isHeavy = (name: string): boolean =>
    /^(?:scenario|deployment)\//.test(name) || name.startsWith('bench/') || name === 'readme.test.ts'
  return [
    { files: paths((name) => !isHeavy(name) && !isLast(name)), concurrency: availableParallelism() },
    { files: paths(isHeavy), concurrency: 1 },
    { files: paths(isLast), concurrency: 1 },
  ].filter(({ files }) => files.length > 0)
}

/** The events of all phases, with the totals of each taken out and their sum put at the end. */
async function* allEvents(list: ReturnType<typeof phases>): AsyncGenerator<TestEvent> {
  const totals = new Map<string, number>()
  for (const { files, concurrency } of list) {
    // A test that fails may leave a socket open, and the report must come all the same; processes and namespaces are looked for at the end.
    for await (const event of run({ files, concurrency, timeout: FILE_TIMEOUT_MS, forceExit: true }) as AsyncIterable<TestEvent>) {
      if (event.type === 'test:fail') process.exitCode = 1
      if (event.type === 'test:summary') continue
      if (!addTotal(totals, event)) yield event
    }
  }
  for (const [key, value] of totals)
    yield { type: 'test:diagnostic', data: { nesting: 0, message: `${key} ${Math.round(value)}`, file: FOLDER } }
  if (!totals.get('tests')) process.exitCode = 1
}

const TOTAL = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)$/

function addTotal(totals: Map<string, number>, { type, data }: TestEvent): boolean {
  const match = type === 'test:diagnostic' && data.nesting === 0 ? TOTAL.exec(data.message ?? '') : null
  if (!match) return false
  totals.set(match[1]!, (totals.get(match[1]!) ?? 0) + Number(match[2]))
  return true
}
