// A fresh clone on a machine that has a Node.js, npm and the tools of any Linux: `npm start` does all the rest.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { runCommand } from '../support/namespace.ts'
import { eventually } from '../support/wait.ts'
import { createFolder } from '../support/world.ts'
import { copyProject, makePath } from './project.ts'

const NOBODY = 65_534
/** Node.js and npm, and what Debian calls essential. No nft, no dig, nothing of the tests. */
const PROGRAMS = ['node', 'npm', 'sh', 'dirname', 'readlink', 'find', 'uname', 'setpriv']

const folder = createFolder()
after(() => rmSync(folder, { recursive: true, force: true }))
const path = makePath(join(folder, 'bin'), PROGRAMS)

interface Started {
  readonly child: ChildProcess
  /** All that was printed. */
  log(): string
  readonly port: number
}

/** `npm start` in a copy that belongs to this user, on a free port, with state of its own. */
async function npmStart(context: TestContext, uid: number, mode: number): Promise<Started> {
  const home = join(folder, String(uid))
  const clone = join(home, 'clone')
  mkdirSync(home)
  copyProject(clone)
  runCommand(['chown', '-R', `${uid}:${uid}`, home])
  chmodSync(home, mode)
  const port = await freePort()
  const words = ['start', '--', '--listen', `127.0.0.1:${port}`, '--state', join(home, 'state')]
  const child = spawn(join(path, 'npm'), words, {
    ...{ cwd: clone, uid, gid: uid, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
    env: { PATH: path, HOME: home, ...(process.env.npm_config_registry ? { npm_config_registry: process.env.npm_config_registry } : {}) },
  })
  const pieces: string[] = []
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (piece: Buffer) => pieces.push(piece.toString()))
  context.after(() => interrupt(child))
  return { child, log: () => pieces.join(''), port }
}

/** What Ctrl-C does: a signal to everybody in the foreground. */
async function interrupt(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  process.kill(-child.pid!, 'SIGINT')
  await exit
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { readonly port: number }
  server.close()
  return port
}

async function assertServes({ child, log, port }: Started): Promise<void> {
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`npm start ended with ${code}\n${log()}`)))
  ended.catch(() => undefined)
  await Promise.race([eventually('it says what it does', () => log().includes('listening on'), 240_000), ended])
  const resolver = new Resolver({ timeout: 5_000, tries: 1 })
  resolver.setServers([`127.0.0.1:${port}`])
  await assert.rejects(resolver.resolve4('evil.example'), (error: NodeJS.ErrnoException) => error.code === 'ENOTFOUND')
}

for (const { who, uid, mode } of [
  { who: 'root, in a folder that nobody else may enter', uid: 0, mode: 0o700 },
  { who: 'an unprivileged user', uid: NOBODY, mode: 0o755 },
]) {
  test(`npm start as ${who}: installs, says first that nothing is enforced, denies, and ends at Ctrl-C`, async (t) => {
    const started = await npmStart(t, uid, mode)
    await assertServes(started)
    assert.match(started.log(), /installing npm packages/)
    const lines = started.log().split('\n')
    assert.ok(
      lines.findIndex((line) => line.startsWith('nothing is enforced')) < lines.findIndex((line) => line.startsWith('listening on')),
    )
    const state = join(folder, String(uid), 'state')
    const supervisor = Number(readFileSync(join(state, 'up.pid'), 'utf8').split(' ')[0])
    await interrupt(started.child)
    await eventually('all processes are gone', () => !existsSync(`/proc/${supervisor}`))
    assert.ok(!existsSync(join(state, 'up.pid')))
  })
}
