// `sallyport run`: one command behind a gateway of its own, as root and as a user without any privilege.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, openSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  CONNECT,
  type ConfinedOptions,
  createRunWorld,
  mountsHere,
  type Outcome,
  processesOf,
  RUN_MARK,
  runConfined,
  UID,
  type Who,
} from '../support/confined.ts'
import { inNamespace } from '../support/netns.ts'

const world = await createRunWorld()
after(() => world.close())

const WHO: readonly Who[] = ['root', 'user']

/** Standard output of a shell command inside. */
async function inside(who: Who, script: string, options: Partial<ConfinedOptions> = {}): Promise<Outcome> {
  return runConfined(world, { who, command: ['sh', '-c', script], ...options })
}

for (const who of WHO) {
  test(`${who}: an allowed name is reached over IPv4 and IPv6, all else is refused at once`, async () => {
    const script = `${CONNECT}for to in "open.example 443" "203.0.113.10 443" "2001:db8:1::10 443" "203.0.113.10 80" "closed.example 443" "203.0.113.20 443"; do connect $to; done`
    const { stdout, stderr, status } = await inside(who, script, { flags: ['--allow', 'open.example'] })
    const refused = 'Connection refused'
    const outcomes = ['connected', 'connected', 'connected', refused, 'no such name', refused]
    assert.deepEqual(stdout.trim().split('\n'), outcomes)
    assert.equal(status, 0, stderr)
  })

  test(`${who}: settings of the machine's own gateway, as where its metrics are read and who its clients are, are not those of the command's`, async () => {
    const settings = join(world.folder, `gateway-${who}.yaml`)
    const updater = { guard: 'forward', interfaces: ['sbx*'], snat: '203.0.113.7' }
    writeFileSync(
      settings,
      JSON.stringify({ metrics: { listen: '203.0.113.7:9353' }, limits: { app: { clients: ['10.77.0.2'] } }, updater }),
    )
    const options = { flags: ['--config', settings, '--allow', 'open.example'] }
    const { stdout, stderr } = await inside(who, `${CONNECT}connect open.example 443`, options)
    assert.equal(stdout, 'connected\n', stderr)
  })

  test(`${who}: user, working folder, environment, streams and exit code are the command's own`, async () => {
    const script = 'id -u; id -g; pwd; echo "$COLOUR"; cat; echo said >&2; exit 42'
    const options = { spawn: { env: { ...process.env, COLOUR: 'green\nand blue' } }, input: 'typed' }
    const { stdout, stderr, status } = await inside(who, script, options)
    const id = who === 'root' ? 0 : UID
    assert.equal(stdout, `${id}\n${id}\n${world.folder}\ngreen\nand blue\ntyped`)
    assert.deepEqual([stderr, status], ['said\n', 42])
    assert.equal((await runConfined(world, { who, command: ['sh', '-c', 'kill -TERM $$'] })).status, 128 + 15)
  })

  test(`${who}: a command that is not there, or may not be executed, is told in words, with the exit codes of shells`, async () => {
    const plain = join(world.folder, `plain-${who}`)
    writeFileSync(plain, '')
    const orphan = join(world.folder, `orphan-${who}`)
    writeFileSync(orphan, '#!/nowhere/python\n', { mode: 0o755 })
    for (const [command, code, says] of [
      ['nosuch', 127, 'nosuch: command not found'],
      ['./no-such-program', 127, './no-such-program: there is no such file'],
      [plain, 126, `${plain}: may not be executed: permission denied`],
      [orphan, 127, `${orphan}: its interpreter /nowhere/python is not there`],
    ] as const) {
      const { status, stderr } = await runConfined(world, { who, command: [command] })
      assert.deepEqual([status, stderr.split('\n')[0]], [code, `sallyport: ${says}`])
    }
  })

  test(`${who}: the command has no capability, gains none, and sees no process but its own`, async () => {
    const { stdout } = await inside(who, 'cat /proc/self/status; for each in /proc/[0-9]*; do echo "Process: $(cat $each/comm)"; done')
    const fields = (name: string) => [...stdout.matchAll(new RegExp(`^${name}:\\s*(.*)$`, 'gm'))].map(([, value]) => value)
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) assert.deepEqual(fields(set), ['0000000000000000'], set)
    assert.deepEqual([fields('NoNewPrivs'), fields('Seccomp')], [['1'], ['2']])
    assert.deepEqual(
      fields('Process').filter((name) => name !== 'sh' && name !== 'cat'),
      [],
    )
  })

  test(`${who}: zone files, settings, logs and state cannot be written, moved out of the way, or covered by a namespace of the command's own`, async () => {
    const home = join(world.folder, `home-${who}`)
    const project = join(home, 'project')
    mkdirSync(join(project, 'zones'), { recursive: true })
    writeFileSync(join(project, 'zones', 'app.zone'), 'open.example\n')
    writeFileSync(join(project, 'sallyport.yaml'), 'zones: ./zones\nstate: ./state\n')
    mkdirSync(join(project, 'state', 'journal'), { recursive: true })
    writeFileSync(join(project, 'state', 'journal', 'resolver.log'), 'a line\n')
    if (who === 'user') world.gateway.run(['chown', '-R', `${UID}:${UID}`, home])
    const attempts = [
      'echo closed.example >>zones/app.zone',
      'echo closed.example >zones/more.zone',
      'echo zones: /tmp >sallyport.yaml',
      'echo a line >>state/journal/resolver.log',
      'rm state/journal/resolver.log',
      'echo more >state/more',
      'mv zones elsewhere',
      'umount zones',
      'unshare --user --map-root-user --mount sh -c "mount -o remount,bind,rw zones && echo closed.example >zones/more.zone"',
      'unshare --user --map-root-user --mount sh -c "umount zones && echo closed.example >zones/more.zone"',
    ]
    const lines = attempts.map((attempt) => `(${attempt}) 2>/dev/null && echo "done: ${attempt.replaceAll('"', '')}"`)
    // A folder above may be moved: what is read then are still the files that were there.
    const moved = `cd .. && mv project away && mkdir -p project/zones && echo closed.example >project/zones/app.zone && echo moved; connect closed.example 443; connect open.example 443`
    const { stdout } = await inside(who, `${CONNECT}${lines.join('\n')}\n${moved}`, { spawn: { cwd: project } })
    assert.match(stdout, /^moved\nno such name\nconnected\n$/)
  })

  test(`${who}: sockets of the machine are out of reach, unless asked for, and so are open descriptors`, async (t) => {
    const path = join(world.folder, `${who}.sock`)
    const server = inNamespace(world.gateway, () => createServer().listen(path))
    t.after(() => server.close())
    const leak = openSync('/etc/hostname', 'r')
    const script = `ls /proc/self/fd; ls -A /run/user; /usr/bin/python3 -c '
import socket
try: socket.socket(socket.AF_UNIX).connect("${path}"); print("talks")
except OSError as error: print(error.strerror)
'`
    const { stdout } = await inside(who, script, { spawn: { stdio: ['pipe', 'pipe', 'pipe', leak, leak, leak, leak] } })
    // The fourth is of ls itself.
    assert.equal(stdout, `0\n1\n2\n3\n${who === 'root' ? 0 : UID}\nConnection refused\n`)
  })

  test(`${who}: shared memory of the machine and keys of whoever calls are out of reach`, async (t) => {
    world.gateway.run(['ipcmk', '--shmem', '4096', '--mode', '0666'])
    const ids = () => world.gateway.run(['ipcs', '--shmems']).match(/^0x\w+ +\d+/gm) ?? []
    const key = ids().at(-1)!.split(/ +/)[0]!
    t.after(() => world.gateway.run(['ipcrm', '--shmem-key', key]))
    const script = `/usr/bin/python3 -c '
import ctypes, platform
library = ctypes.CDLL(None, use_errno=True)
print(library.shmget(${key}, 1, 0), ctypes.get_errno())
for number in (248, 249, 250) if platform.machine() == "x86_64" else (217, 218, 219): print(library.syscall(number, 0, 0, 0, 0), ctypes.get_errno())
'`
    const { stdout } = await inside(who, script)
    assert.equal(stdout, `-1 2\n${'-1 38\n'.repeat(3)}`)
  })

  test(`${who}: nothing is pushed into the terminal, and no socket leads to the host of a virtual machine`, async () => {
    const script = `/usr/bin/python3 -c '
import ctypes, fcntl, socket
def tried(act):
  try: act(); print("done")
  except OSError as error: print(error.errno)
tried(lambda: fcntl.ioctl(0, 0x5412, b"x"))
tried(lambda: fcntl.ioctl(0, 0x541c, b"x"))
tried(lambda: socket.socket(40, socket.SOCK_STREAM))
print(ctypes.CDLL(None, use_errno=True).syscall(425, 1, None), ctypes.get_errno())
'`
    const { stdout } = await inside(who, script)
    assert.equal(stdout, '1\n1\n97\n-1 38\n')
  })
}

test('other terminals of the user are out of reach', async (t) => {
  const open = `import os, time; one, other = os.openpty(); os.fchown(other, ${UID}, 5); print(os.ttyname(other), flush=True); time.sleep(60)`
  const holder = spawn('/usr/bin/python3', ['-c', open], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => holder.kill())
  const [said] = (await once(holder.stdout, 'data')) as [Buffer]
  const path = said.toString().trim()
  for (const [who, flags] of [
    ['user', []],
    ['root', ['--user', String(UID)]],
  ] as const) {
    // Of what is in its place, the numbers of /dev/null.
    const { stdout, stderr } = await inside(who, `stat -c %t:%T ${path}`, { flags })
    assert.equal(stdout, '1:3\n', stderr)
  }
})

test('root: the command runs as whom --user names, else as who called sudo', async () => {
  const script = 'id -u; id -g; echo "$HOME $USER"; stat -c %U /'
  const named = await inside('root', script, { flags: ['--user', 'daemon'] })
  assert.equal(named.stdout, '1\n1\n/usr/sbin daemon\nroot\n', named.stderr)
  const sudo = await inside('root', script, { spawn: { env: { ...process.env, SUDO_UID: String(UID), USER: 'kept' } } })
  assert.match(sudo.stdout, new RegExp(`^${UID}\n${UID}\n.* kept\nroot\n$`), sudo.stderr)
  const nobody = await inside('root', script, { flags: ['--user', 'no-such-user'] })
  assert.deepEqual([nobody.status, nobody.stderr], [2, 'sallyport: --user: there is no user "no-such-user" here\n'])
  const other = await inside('user', script, { flags: ['--user', 'daemon'] })
  assert.deepEqual([other.status, other.stderr], [2, 'sallyport: --user: only root can run the command as somebody else\n'])
})

test('nothing is left behind, and nothing of the machine is changed', async () => {
  const look = () =>
    world.gateway.run([
      'sh',
      '-c',
      'nft list ruleset; ip address; ip route; ip -6 route; ip rule; cat /proc/sys/net/ipv4/conf/*/forwarding',
    ]) + mountsHere().join('\n')
  const before = look()
  for (const who of WHO) {
    const mark = `${process.pid}-left-${who}`
    await inside(who, 'sleep 100 & exit 0', { flags: ['--allow', 'open.example'], spawn: { env: { ...process.env, [RUN_MARK]: mark } } })
    assert.deepEqual(processesOf(mark), [])
  }
  assert.equal(look(), before)
})
