// `sallyport run`: Unix sockets of the machine, which belong to no network namespace.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runConfined, type Who } from '../support/confined.ts'
import { inNamespace } from '../support/netns.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const world = await createWorld([])
after(() => world.close())
const inRun = mkdtempSync('/run/sallyport-test-')
chmodSync(inRun, 0o755)
after(() => rmSync(inRun, { recursive: true }))

const WHO: readonly Who[] = ['root', 'user']

/** "talk PATH" says what came of it. */
const TALK = `talk() { /usr/bin/python3 -c '
import socket, sys
try:
  one = socket.socket(socket.AF_UNIX); one.connect(sys.argv[1]); print(one.recv(9).decode())
except OSError as error: print(error.strerror)
' "$@"; }
`

/** A daemon that does whatever anybody asks of it, as Docker does. */
async function listen(path: string): Promise<void> {
  const server = inNamespace(world.gateway, () => createServer((socket) => socket.end('at once')).listen(path))
  after(() => server.close())
  await once(server, 'listening')
  chmodSync(path, 0o666)
}

async function talk(who: Who, paths: readonly string[], flags: readonly string[] = []): Promise<readonly string[]> {
  const script = `${TALK}${paths.map((path) => `talk ${path}`).join('\n')}`
  const { stdout, stderr } = await runConfined(world, { who, flags: ['--quiet', ...flags], command: ['sh', '-c', script] })
  assert.equal(stderr, '')
  return stdout.trim().split('\n')
}

const [MISSING, REFUSED, TALKS] = ['No such file or directory', 'Connection refused', 'at once']

test('--expose lets that one socket in, and no other', async () => {
  for (const folder of [inRun, world.folder]) for (const name of ['docker.sock', 'other.sock']) await listen(join(folder, name))
  const paths = [inRun, world.folder].flatMap((folder) => ['docker.sock', 'other.sock'].map((name) => join(folder, name)))
  for (const who of WHO) {
    assert.deepEqual(await talk(who, paths), [MISSING, MISSING, REFUSED, REFUSED])
    assert.deepEqual(await talk(who, paths, ['--expose', paths[0]!]), [TALKS, MISSING, REFUSED, REFUSED])
    assert.deepEqual(await talk(who, paths, ['--expose', paths[2]!]), [MISSING, MISSING, TALKS, REFUSED])
  }
})

test('--expose takes a path as it is used, by a link or from the working folder, and says where there is none', async () => {
  const link = join(world.folder, 'link')
  symlinkSync(inRun, link)
  await listen(join(inRun, 'linked.sock'))
  await listen(join(world.folder, 'near.sock'))
  const flags = ['--expose', join(link, 'linked.sock'), '--expose', 'near.sock']
  assert.deepEqual(await talk('user', [join(link, 'linked.sock'), 'near.sock'], flags), [TALKS, TALKS])
  const none = await runConfined(world, { who: 'user', flags: ['--expose', '/no/such.sock'], command: ['true'] })
  assert.deepEqual([none.status, none.stderr], [2, 'sallyport: --expose: /no/such.sock cannot be found: ENOENT\n'])
})

test('a socket is hidden wherever it is bound, whatever blanks its name has', async () => {
  const deep = join(world.folder, 'one/two/three')
  mkdirSync(deep, { recursive: true })
  const path = join(deep, 'two  blanks and a \\.sock')
  await listen(path)
  for (const who of WHO) assert.deepEqual(await talk(who, [`'${path}'`]), [REFUSED])
})

/** Binds a socket at each path, in hexadecimal digits, and says when all listen. */
const BIND = `import os, socket, sys, time
kept = []
for path in map(bytes.fromhex, sys.stdin.read().split()):
  kept.append(socket.socket(socket.AF_UNIX)); kept[-1].bind(path); os.chmod(path, 0o666); kept[-1].listen()
print("bound", flush=True); time.sleep(60)`

/** Below a folder, names that hold "sock": how many there are, and with which of them one could talk. */
const TALK_ALL = `/usr/bin/python3 -c '
import os, socket, sys
count = 0
for folder, _, files in os.walk(sys.argv[1].encode()):
  for path in (os.path.join(folder, name) for name in files if b"sock" in name):
    count += 1
    try: socket.socket(socket.AF_UNIX).connect(path); print("talks:", path)
    except OSError: pass
print(count)
' `

async function bindAll(paths: readonly Buffer[]): Promise<void> {
  const child = world.gateway.spawn(['/usr/bin/python3', '-c', BIND], { stdio: ['pipe', 'pipe', 'inherit'] })
  after(() => child.kill())
  child.stdin!.end(paths.map((path) => path.toString('hex')).join(' '))
  await once(child.stdout!, 'data')
}

test('a socket is hidden whatever octets its name has, by its own path and where sockets are looked for', async () => {
  const folder = mkdtempSync(join(world.folder, 'odd-'))
  const deep = join(folder, 'one/two/three')
  mkdirSync(deep, { recursive: true })
  chmodSync(folder, 0o755)
  const names = ['\xff\xfe', '\n', '\r', '\xe2\x80\xa8', '\xc2\xa0', "'", '\\012', ' #', '\x81$(id)', '\nffff: ']
  const at = (where: string, name: string) => Buffer.concat([Buffer.from(`${where}/`), Buffer.from(`a${name}sock`, 'latin1')])
  await bindAll([folder, deep].flatMap((where) => names.map((name) => at(where, name))))
  for (const who of WHO) {
    const command = ['sh', '-c', `${TALK_ALL}${folder}`]
    const { stdout, stderr } = await runConfined(world, { who, flags: ['--quiet'], command, spawn: { cwd: folder } })
    assert.equal(stdout, `${2 * names.length}\n`, stderr)
  }
})

test('sockets are hidden however many there are', async () => {
  const folder = mkdtempSync(join(world.folder, 'many-'))
  chmodSync(folder, 0o755)
  // One argument of a program has 128 KiB.
  const paths = Array.from({ length: 2_000 }, (_, index) => Buffer.from(join(folder, `${index}-sock`.padStart(100 - folder.length, 'a'))))
  await bindAll(paths)
  for (const who of WHO) {
    const command = ['sh', '-c', `${TALK_ALL}${folder}`]
    const { stdout, stderr } = await runConfined(world, { who, flags: ['--quiet'], command, spawn: { cwd: folder } })
    assert.equal(stdout, `${paths.length}\n`, stderr)
  }
})

test('sockets in the usual folders are hidden though they are bound by a relative path, in another network namespace', async () => {
  const below = join(world.folder, 'below')
  mkdirSync(below)
  const bind =
    'import os, socket, time; one = socket.socket(socket.AF_UNIX); one.bind("near"); os.chmod("near", 0o666); one.listen(); time.sleep(60)'
  for (const cwd of [world.folder, below]) {
    const child = spawn('unshare', ['--net', '--', '/usr/bin/python3', '-c', bind], { cwd, stdio: 'ignore' })
    after(() => child.kill())
    await eventually('it is bound', () => existsSync(join(cwd, 'near')))
  }
  for (const who of WHO) assert.deepEqual(await talk(who, ['near', 'below/near']), [REFUSED, REFUSED])
})

test('what is bound below /run while the command runs is not there for it', async () => {
  for (const who of WHO) {
    const [begun, made] = [join(world.folder, `begun-${who}`), join(world.folder, `made-${who}`)]
    writeFileSync(begun, '')
    chmodSync(begun, 0o666)
    const path = join(inRun, `later-${who}.sock`)
    const script = `${TALK}echo >>begun-${who}; while [ ! -e made-${who} ]; do sleep 0.1; done; talk ${path}`
    const ended = runConfined(world, { who, command: ['sh', '-c', script] })
    await eventually('the command runs', () => readFileSync(begun).length > 0, 20_000)
    await listen(path)
    writeFileSync(made, '')
    assert.equal((await ended).stdout, `${MISSING}\n`)
  }
})
