// The package: what is in it, and that it runs where npm puts it.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { createProgram } from '../../src/cli/commands.ts'
import { runCommand } from '../support/namespace.ts'
import { enterPrivateNamespace } from '../support/netns.ts'
import { createFolder } from '../support/world.ts'
import { copyProject, locate, MANIFEST, ROOT } from './project.ts'

const MOST_PACKED_OCTETS = 575_000
const MOST_UNPACKED_OCTETS = 1_900_000

const folder = createFolder()
after(() => rmSync(folder, { recursive: true, force: true }))
const [clone, prefix, home] = [join(folder, 'clone'), join(folder, 'prefix'), join(folder, 'home')]
const tarball = join(folder, `sallyport-${MANIFEST.version}.tgz`)
const program = join(prefix, 'bin', 'sallyport')

interface Packed {
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string; readonly mode: number }[]
}

/** Packs a copy, with a file in `dist` that a former build left. */
function pack(): Packed {
  copyProject(clone)
  symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'))
  mkdirSync(join(clone, 'dist'))
  runCommand(['cp', join(clone, 'src/main.ts'), join(clone, 'dist/stale.js')])
  const { status, stdout, stderr } = npm(['pack', '--json', '--pack-destination', folder], clone)
  assert.equal(status, 0, stderr)
  return (JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as Packed[])[0]!
}

/** With the Node.js of this test first in PATH, as on a machine that has a new enough one. */
function npm(words: readonly string[], cwd: string) {
  const path = `${join(ROOT, 'node_modules/node/bin')}:${process.env.PATH}`
  return spawnSync(locate('npm'), words, { cwd, encoding: 'utf8', env: { ...process.env, PATH: path } })
}

const packed = pack()

test('the package holds the compiled program, zone files, schema and documents, and nothing else', () => {
  const paths = packed.files.map(({ path }) => path)
  const expected =
    /^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|bin\/(?:sallyport|setup|compiled\.cjs)|src\/config\/sallyport\.schema\.json|zones\/(?:(?:preset\/)?[a-z-]+\.zone|system\.list)|dist\/(?:(?:[a-z0-9-]+\/)*[a-z0-9-]+|[a-z-]+-[A-Z0-9]{8})\.js)$/
  assert.deepEqual(
    paths.filter((path) => !expected.test(path)),
    [],
  )
  assert.ok(!paths.includes('dist/stale.js'), 'of a former build')
  assert.equal(packed.files.find(({ path }) => path === 'bin/sallyport')!.mode & 0o111, 0o111)
})

test('it stays small', () => {
  assert.ok(packed.size < MOST_PACKED_OCTETS, `${packed.size} octets packed`)
  assert.ok(packed.unpackedSize < MOST_UNPACKED_OCTETS, `${packed.unpackedSize} octets unpacked`)
})

/** The program's files that the one of that name imports, or would import, itself counted. */
function filesOf(start: string, found = new Set<string>()): Set<string> {
  if (found.has(start)) return found
  found.add(start)
  const text = readFileSync(join(clone, 'dist', start), 'utf8')
  for (const [, file] of text.matchAll(/(?:from|import\(|import)\s*"\.\/([^"]+)"/g)) filesOf(file!, found)
  return found
}

test('the parts are built apart from the commands, in few files: each takes time at every start', () => {
  const parts = filesOf('part.js')
  assert.ok(parts.size > 2 && parts.size < 10, [...parts].join(' '))
  assert.ok(filesOf('main.js').size > 30)
})

test('it installs globally, and the program runs without Node.js in PATH, as under sudo', () => {
  const installed = npm(['install', '--global', '--prefix', prefix, '--no-audit', '--no-fund', tarball], folder)
  assert.equal(installed.status, 0, installed.stderr)
  // Beside a global installation lies the Node.js that it belongs to.
  symlinkSync(process.execPath, join(prefix, 'bin', 'node'))
  mkdirSync(home)
  assert.deepEqual(run('--version'), { status: 0, stdout: `${MANIFEST.version}\n`, stderr: '' })
})

function run(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: home, encoding: 'utf8', env: { PATH: '/usr/bin:/bin' } })
  return { status, stdout, stderr }
}

test('every command is there', () => {
  for (const command of createProgram().commands) {
    const { status, stdout, stderr } = run(command.name(), '--help')
    assert.deepEqual([status, stderr], [0, ''], command.name())
    assert.match(stdout, /^Usage: sallyport /)
  }
})

test('the commands that end by themselves do what they do in a clone', () => {
  assert.equal(run('init', 'npm').status, 0)
  assert.match(run('check').stdout, /2 zone files, 3 entries: valid/)
  assert.equal(run('why', 'registry.npmjs.org:443').status, 0)
  assert.equal(run('allow', 'api.example').status, 0)
  assert.equal(run('deny', 'api.example').status, 0)
  assert.match(run('completion', 'bash').stdout, /complete -o default/)
  assert.match(run('status', '--state', './state').stdout, /resolver: not running\nupdater: not running/)
  assert.ok(statSync(join(home, 'zones/npm.zone')).isFile())
})

test('up runs both parts, koffi included, and guards', async () => {
  enterPrivateNamespace()
  runCommand(['ip', 'link', 'set', 'lo', 'up'])
  // JSON is YAML. Its upstream answers nothing: what counts is that the kernel was written to.
  writeFileSync(join(home, 'guard.yaml'), JSON.stringify({ resolver: { upstreams: ['192.0.2.53'] }, updater: { guard: 'output' } }))
  const up = spawn(program, ['up', '--state', join(home, 'state'), '--config', join(home, 'guard.yaml')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: home,
    env: { PATH: '/usr/bin:/bin' },
  })
  try {
    const [line] = (await once(createInterface({ input: up.stdout! }), 'line')) as [string]
    assert.match(line, /^enforced on this network namespace: table inet sallyport/)
  } finally {
    up.kill('SIGTERM')
    await once(up, 'exit')
  }
  assert.match(run('down', '--state', join(home, 'state')).stdout, /removed table inet sallyport/)
})
