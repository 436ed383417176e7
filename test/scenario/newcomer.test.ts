// Every command of README is run as a newcomer would: top to bottom, in a fresh clone.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { copyProject } from '../package/project.ts'
import { startAuthority } from '../support/authority.ts'
import { runCommand } from '../support/namespace.ts'
import { commandLines, fileOf, PROJECT, README, type Snippet, scriptOf, snippetsOf } from '../support/readme.ts'
import { createInternetLink, UPSTREAM4 } from '../support/topology.ts'
import { eventually } from '../support/wait.ts'
import { createFolder } from '../support/world.ts'

const snippets = snippetsOf(README)
const folder = createFolder()
after(() => rmSync(folder, { recursive: true, force: true }))

/** A clone, and a network namespace with an upstream that knows every name; the host's /run and /var/lib are out of sight. */
const clone = join(folder, 'sallyport')
const home = join(folder, 'home')
const { gateway, internet } = createInternetLink()
after(() => [gateway, internet].forEach((namespace) => void namespace.remove()))
const authority = await startAuthority({ namespace: internet, addresses: [UPSTREAM4], folder, records: ['*. 60 IN A 192.0.2.1'] })
after(() => authority.close())

function makeClone(): void {
  copyProject(clone)
  runCommand(['cp', '-al', join(PROJECT, 'node_modules'), join(clone, 'node_modules')])
  // npm writes this one in place; and what is installed is newer than the lock file.
  const installed = join(clone, 'node_modules/.package-lock.json')
  const text = readFileSync(installed)
  rmSync(installed)
  writeFileSync(installed, text)
  utimesSync(join(clone, 'package-lock.json'), 0, 0)
  mkdirSync(join(home, 'bin'), { recursive: true })
  writeFileSync(join(home, 'bin', 'sudo'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 })
  writeFileSync(join(home, 'resolv.conf'), `nameserver ${UPSTREAM4}\n`)
  const git = ['git', '-C', clone, '-c', 'user.name=reader', '-c', 'user.email=reader@example.org']
  runCommand([...git, 'init', '--quiet'])
  runCommand([...git, 'add', '.'])
  runCommand([...git, 'commit', '--quiet', '--message', 'clone'])
}

makeClone()

const environment = { ...process.env, HOME: home, PATH: `${home}/bin:${process.env.PATH}`, npm_config_prefix: join(home, 'prefix') }
const IN_PLACE = 'mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /var/lib && mount --bind "$0/resolv.conf" /etc/resolv.conf && exec "$@"'
/** A process whose namespaces are the place; it says when they are made. */
const holder = gateway.spawn(['unshare', '--mount', '--', 'sh', '-c', IN_PLACE, home, 'sh', '-c', 'echo made; exec sleep infinity'], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
await once(holder.stdout!, 'data')
after(() => holder.kill('SIGKILL'))

const inPlace = ['nsenter', `--target=${holder.pid}`, '--net', '--mount', `--wd=${clone}`, '--']
let running: ChildProcess | undefined
after(() => stopRunning())

async function stopRunning(): Promise<void> {
  if (running === undefined || running.exitCode !== null || running.signalCode !== null) return
  const exit = once(running, 'exit')
  process.kill(-running.pid!, 'SIGINT')
  await exit
}

/** What goes on until it is interrupted: it runs while the snippets below it are tried. */
async function begin(script: string): Promise<void> {
  await stopRunning()
  const [program, ...words] = [...inPlace, 'sh', '-c', script]
  const started = spawn(program!, words, { detached: true, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  running = started
  const pieces: string[] = []
  for (const stream of [started.stdout!, started.stderr!]) stream.on('data', (piece: Buffer) => pieces.push(piece.toString()))
  await eventually(`"${script.trim()}" says what it listens on`, () => pieces.join('').includes('listening on'), 60_000)
}

function finish(script: string, prefix: readonly string[]): void {
  const [program, ...words] = [...prefix, 'sh', '-c', script]
  const { status, stdout, stderr } = spawnSync(program!, words, { cwd: clone, env: environment, encoding: 'utf8', timeout: 240_000 })
  assert.equal(status, 0, `${stdout}\n${stderr}`)
}

/** Files of this name that a command reads are those that README shows. */
function writeShown(): void {
  for (const snippet of snippets) if (fileOf(snippet) === 'needs.yaml') writeFileSync(join(clone, 'needs.yaml'), snippet.text)
}

writeShown()

const DEPLOYMENTS = join(PROJECT, 'test/deployment')
const scenarios = readdirSync(DEPLOYMENTS).map((name) => readFileSync(join(DEPLOYMENTS, name), 'utf8'))

async function tryOut(snippet: Snippet): Promise<void> {
  const lines = commandLines(snippet)
  if (lines.every(({ words }) => words.startsWith('docker '))) {
    // They need an engine, which a scenario of their own starts.
    for (const { words } of lines)
      assert.ok(
        scenarios.some((text) => text.includes(`README: ${words}`)),
        `no scenario says "README: ${words}"`,
      )
  } else if (lines.every(({ words }) => /^npm start$|\bsallyport up\b/.test(words))) await begin(snippet.text)
  // The registry is on the machine's own network.
  else finish(scriptOf(lines), lines.some(({ words }) => /\bnpm (install|pack)\b/.test(words)) ? [] : inPlace)
}

for (const snippet of snippets.filter(({ language }) => language === 'sh')) {
  test(
    `${snippet.section}: ${snippet.text
      .trim()
      .split('\n')[0]!
      .replace(/\s+# .*/, '')} …`,
    { timeout: 280_000 },
    () => tryOut(snippet),
  )
}
