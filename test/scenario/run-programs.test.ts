// `sallyport run`: real programs inside, and a real terminal around.
import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type ConfinedOptions, confinedWords, processesOf, RUN_MARK, runConfined, UID, type Who } from '../support/confined.ts'
import { runCommand } from '../support/namespace.ts'
import { playAt, type Step } from '../support/player.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const WEB_PORT = 8081
const SSH_PORT = 2222
const world = await createWorld(['web.example. 60 IN A 203.0.113.10', 'ssh.example. 60 IN A 203.0.113.11'])
const site = join(world.folder, 'site')
const started = [startWeb(), startSsh()]
after(async () => {
  for (const child of started) child.kill()
  await world.close()
})
await eventually('both servers listen', () => {
  const listening = world.internet.run(['ss', '-Hlnt'])
  return [WEB_PORT, SSH_PORT].every((port) => listening.includes(`:${port} `))
})

/** Files over HTTP/1.1: a Git repository, a registry of npm packages, an archive of Debian packages. */
function startWeb() {
  mkdirSync(site)
  sh(`git init -q -b main work && cd work && echo hello >greeting && git add . && git -c user.name=t -c user.email=t@t.example commit -qm first
    cd .. && git clone -q --bare work ${site}/project.git && git -C ${site}/project.git update-server-info`)
  sh(
    `mkdir -p npm/package && cd npm && echo '{"name":"tiny","version":"1.0.0"}' >package/package.json && tar czf ${site}/tiny-1.0.0.tgz package`,
  )
  const dist = { tarball: `http://web.example:${WEB_PORT}/tiny-1.0.0.tgz` }
  writeFileSync(
    join(site, 'tiny'),
    JSON.stringify({ name: 'tiny', 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': { name: 'tiny', version: '1.0.0', dist } } }),
  )
  sh(`mkdir -p deb/DEBIAN ${site}/apt && printf 'Package: tiny\\nVersion: 1.0\\nArchitecture: all\\nMaintainer: t\\nDescription: t\\n' >deb/DEBIAN/control
    dpkg-deb --root-owner-group -b deb ${site}/apt/tiny_1.0_all.deb >/dev/null
    cd ${site}/apt && { dpkg-deb -f tiny_1.0_all.deb; echo "Filename: ./tiny_1.0_all.deb"; echo "Size: $(stat -c %s tiny_1.0_all.deb)"; echo "SHA256: $(sha256sum tiny_1.0_all.deb | cut -d' ' -f1)"; } >Packages`)
  return world.internet.spawn(['/usr/bin/python3', '-m', 'http.server', String(WEB_PORT), '--protocol', 'HTTP/1.1', '--directory', site], {
    stdio: 'ignore',
  })
}

function startSsh() {
  sh('ssh-keygen -q -t ed25519 -N "" -f host && ssh-keygen -q -t ed25519 -N "" -f key && chmod 644 key && mkdir -p /run/sshd')
  const settings = [
    `HostKey ${world.folder}/host`,
    `AuthorizedKeysFile ${world.folder}/key.pub`,
    ...['StrictModes no', 'UsePAM no', 'PidFile none', 'PermitRootLogin yes', `Port ${SSH_PORT}`],
  ]
  writeFileSync(join(world.folder, 'sshd.conf'), `${settings.join('\n')}\n`)
  return world.internet.spawn(['/usr/sbin/sshd', '-D', '-f', join(world.folder, 'sshd.conf')], { stdio: 'ignore' })
}

function sh(script: string): void {
  runCommand(['sh', '-ec', `cd ${world.folder}\n${script}`])
}

const APT = `apt-get -qq -o Dir::Etc::sourcelist=$PWD/sources -o Dir::Etc::sourceparts=- -o Dir::State=$PWD/apt -o Dir::Cache=$PWD/apt -o APT::Sandbox::User= -o Acquire::AllowInsecureRepositories=true`

/** Each prints one line of its own, which is expected. */
const PROGRAMS: readonly { readonly name: string; readonly script: string; readonly says: string }[] = [
  { name: 'curl', script: `curl -sS http://web.example:${WEB_PORT}/tiny | head -c 14`, says: '{"name":"tiny"' },
  { name: 'git', script: `git clone -q http://web.example:${WEB_PORT}/project.git && cat project/greeting`, says: 'hello' },
  {
    name: 'npm install',
    script: `npm install --silent --no-audit --no-fund --registry http://web.example:${WEB_PORT} tiny >&2 && cat node_modules/tiny/package.json`,
    says: '{"name":"tiny","version":"1.0.0"}',
  },
  {
    name: 'apt',
    script: `mkdir -p apt/lists/partial apt/archives/partial && echo "deb [trusted=yes] http://web.example:${WEB_PORT}/apt ./" >sources && ${APT} update >&2 && ${APT} download tiny >&2 && dpkg-deb -f tiny_1.0_all.deb Version`,
    says: '1.0',
  },
  {
    name: 'ssh',
    script: `install -m 600 ../key key && ssh -q -F none -i key -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -p ${SSH_PORT} root@ssh.example echo over ssh`,
    says: 'over ssh',
  },
  {
    name: 'a pool of Node.js',
    script: `${process.execPath} -e '
(async () => {
  const one = () => fetch("http://web.example:${WEB_PORT}/tiny").then((reply) => reply.json())
  let right = 0
  for (let round = 0; round < 10; round++) for (const { name } of await Promise.all([one(), one(), one(), one()])) right += Number(name === "tiny")
  console.log(right)
})()'`,
    says: '40',
  },
  {
    name: 'a pool of Python',
    script: `/usr/bin/python3 -c '
import http.client, concurrent.futures
def ten(_):
  one = http.client.HTTPConnection("web.example", ${WEB_PORT})
  for _ in range(10):
    one.request("GET", "/tiny"); body = one.getresponse().read()
  return len(body) > 0
with concurrent.futures.ThreadPoolExecutor(4) as pool: print(sum(pool.map(ten, range(4))))'`,
    says: '4',
  },
]

for (const who of ['root', 'user'] as const) {
  test(`${who}: git, curl, npm, apt, ssh and pools of HTTP connections work inside`, async () => {
    const home = join(world.folder, `programs-${who}`)
    mkdirSync(home)
    if (who === 'user') runCommand(['chown', `${UID}:${UID}`, home])
    // ssh wants a user whom the machine knows.
    const programs = PROGRAMS.filter(({ name }) => who === 'root' || name !== 'ssh')
    const script = programs.map((program) => `echo "$(${program.script})"`).join('\n')
    const flags = ['--allow', `web.example:${WEB_PORT}`, '--allow', `ssh.example:${SSH_PORT}`]
    const spawn = { cwd: home, env: { ...process.env, HOME: home, npm_config_cache: join(home, 'cache') } }
    const { stdout, stderr } = await runConfined(world, { who, flags, command: ['sh', '-c', script], spawn })
    const said = stdout.trimEnd().split('\n')
    const got = programs.map(({ name }, index) => `${name}: ${said[index]}`)
    assert.deepEqual(
      got,
      programs.map(({ name, says }) => `${name}: ${says}`),
      stderr,
    )
  })
}

async function play(who: Who, command: readonly string[], steps: readonly Step[]): Promise<string> {
  const words = confinedWords(world, { who, command } satisfies ConfinedOptions)
  return playAt(world, words, steps)
}

for (const who of ['root', 'user'] as const) {
  test(`${who}: the terminal is the command's: its size, its keys, its jobs`, async () => {
    const watcher = `trap 'stty size' WINCH; trap 'echo interrupted' INT; trap 'exit 5' QUIT; test -t 0 && echo ready; while :; do sleep 0.1; done`
    assert.equal(
      await play(
        who,
        ['sh', '-c', watcher],
        [
          ['ready', 'window'],
          ['41 101', '\x03'],
          ['interrupted', '\x1c'],
        ],
      ),
      '5',
    )
    assert.equal(
      await play(
        who,
        ['bash', '--norc', '--noprofile', '-i'],
        [
          ['bash-', 'PS1=ready\\>\n'],
          ['ready>', `sh -c 'echo be""gun; exec sleep 1000'\n`],
          ['begun', '\x1a'],
          ['Stopped', 'jobs\n'],
          ['Stopped', 'kill -9 %1; exit 6; exit 6\n'],
        ],
      ),
      '6',
    )
  })
}

test('a run is stopped and goes on as a job of the shell that called it', async () => {
  const run = confinedWords(world, { who: 'root', command: ['sh', '-c', 'echo begun; read -r line; echo "read $line"; exit 7'] })
  const script = join(world.folder, 'job.sh')
  writeFileSync(script, `exec ${run.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')}\n`)
  chmodSync(script, 0o755)
  assert.equal(
    await playAt(
      world,
      ['bash', '--norc', '--noprofile', '-i'],
      [
        ['bash-', 'PS1=ready\\>\n'],
        ['ready>', `sh ${script}\n`],
        ['begun', '\x1a'],
        ['Stopped', 'fg\n'],
        ['job.sh', 'typed\n'],
        ['read typed', 'exit $?\n'],
      ],
    ),
    '7',
  )
})

test('a part that is killed, or ends with the run, does not touch the settings of the terminal', async () => {
  const mark = `${process.pid}-settings`
  const waits = join(world.folder, 'waits')
  const script = `stty -echo; : >${waits}; while [ -e ${waits} ]; do sleep 0.1; done; stty | grep -q -- -echo && exit 8`
  const run = confinedWords(world, { who: 'root', command: ['sh', '-c', script] })
  const played = playAt(world, ['env', `${RUN_MARK}=${mark}`, ...run], [])
  const parts = () => processesOf(mark).filter(isPart)
  await eventually('the command waits', () => existsSync(waits), 20_000)
  const first = parts()
  assert.equal(first.length, 2)
  for (const pid of first) process.kill(Number(pid), 'SIGTERM')
  await eventually('they are back', () => parts().filter((pid) => !first.includes(pid)).length === 2, 20_000)
  rmSync(waits)
  assert.equal(await played, '8')
})

/** Not what keeps it, in whose words it stands too. */
function isPart(pid: string): boolean {
  try {
    const [program, ...words] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    return program === process.execPath && words.some((word) => word.endsWith('/part.ts'))
  } catch {
    return false
  }
}
