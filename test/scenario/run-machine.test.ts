// `sallyport run` on machines as they come: how names are looked up, what families there are, what is not to be seen of a run outside.
import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { CONNECT, confinedWords, outcomeOf, type Who, withoutPrograms } from '../support/confined.ts'
import { runCommand } from '../support/namespace.ts'
import { UPSTREAM4, UPSTREAM6 } from '../support/topology.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const world = await createWorld(['open.example. 60 IN A 203.0.113.10', 'open.example. 60 IN AAAA 2001:db8:1::10'])
after(() => world.close())

const WHO: readonly Who[] = ['root', 'user']

/** An /etc as systemd-resolved leaves it. */
function otherEtc(): string {
  const inRun = mkdtempSync('/run/sallyport-test-')
  after(() => rmSync(inRun, { recursive: true }))
  chmodSync(inRun, 0o755)
  const etc = join(world.folder, 'etc')
  runCommand(['cp', '-a', '/etc', etc])
  rmSync(join(etc, 'resolv.conf'))
  symlinkSync(join(inRun, 'stub-resolv.conf'), join(etc, 'resolv.conf'))
  writeFileSync(join(inRun, 'stub-resolv.conf'), 'nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch corp.example\n')
  writeFileSync(join(etc, 'hosts'), '127.0.0.1 localhost\n192.0.2.77 printer\n')
  writeFileSync(join(etc, 'nsswitch.conf'), 'passwd: files systemd\nhosts: mymachines resolve [!UNAVAIL=return] files myhostname dns\n')
  return etc
}

test('names are looked up as the machine does, but at the resolver of the run alone', async () => {
  const etc = otherEtc()
  const script = `cat /etc/resolv.conf /etc/nsswitch.conf; getent hosts printer; getent ahostsv4 open.example | head -1; [ -w /etc/resolv.conf ] && echo writable; cat /etc/hosts`
  for (const who of WHO) {
    const words = confinedWords(world, { who, flags: ['--allow', 'open.example'], command: ['sh', '-c', script] })
    const around = ['unshare', '--mount', '--', 'sh', '-ec', 'mount --bind "$0" /etc; exec "$@"', etc, ...words]
    const { stdout, stderr } = await outcomeOf(around, { cwd: world.folder })
    assert.notEqual(stdout, '', stderr)
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/).join(' '))
    const [gateway] = /^nameserver ([\d.]+)/.exec(lines[0]!)!.slice(1)
    assert.deepEqual(
      lines.slice(0, 7),
      [
        `nameserver ${gateway}`,
        'options edns0 trust-ad',
        'search corp.example',
        'passwd: files systemd',
        'hosts: files dns',
        '192.0.2.77 printer',
        '203.0.113.10 STREAM open.example',
      ],
      stderr,
    )
    assert.match(stdout, /\n127\.0\.0\.1 localhost\n192\.0\.2\.77 printer\n[\d.]+\thost\n$/)
    assert.doesNotMatch(stdout, /writable/)
  }
})

for (const missing of [[], ['pasta']]) {
  test(`what listens inside is not to be reached at the machine${missing.length > 0 ? ', nor by slirp4netns' : ''}`, async () => {
    const listening = () => world.gateway.run(['ss', '-Hlntu'])
    const before = listening()
    for (const who of WHO) {
      const script = `${CONNECT}/usr/bin/python3 -m http.server 7777 >/dev/null 2>&1 &
until [ "$(connect 127.0.0.1 7777)" = connected ]; do sleep 0.1; done; echo begun; read -r line`
      const words = withoutPrograms(missing, confinedWords(world, { who, command: ['sh', '-c', script] }))
      const run = world.gateway.spawn(words, { cwd: world.folder })
      let said = ''
      run.stdout!.on('data', (chunk: Buffer) => (said += chunk.toString()))
      await eventually('it listens inside', () => said.includes('begun'), 20_000)
      assert.equal(listening(), before)
      run.stdin!.end('go\n')
      await eventually('it has ended', () => run.exitCode !== null, 20_000)
    }
  })
}

/** The last test: it takes families away. */
test('where the machine has one family only, the other is refused at once', async () => {
  const script = `${CONNECT}for to in "open.example 443" "203.0.113.10 443" "2001:db8:1::10 443"; do connect $to; done`
  const outcomes = async (who: Who, missing: readonly string[]) => {
    const flags = ['--upstream', UPSTREAM6, '--allow', 'open.example', '--quiet']
    const { stdout, stderr } = await outcomeOf(
      withoutPrograms(missing, confinedWords(world, { who, flags, command: ['sh', '-c', script] })),
      {
        cwd: world.folder,
      },
    )
    return stdout
      .trim()
      .split('\n')
      .concat(stderr === '' ? [] : [stderr])
  }
  for (const [family, gone] of [
    ['-4', UPSTREAM4],
    ['-6', UPSTREAM6],
  ] as const) {
    world.gateway.run(['ip', family, 'route', 'del', 'default'])
    for (const who of WHO) {
      for (const missing of [[], ['pasta']]) {
        const [byName, four, six] = await outcomes(who, missing)
        assert.equal(byName, 'connected')
        assert.equal([four, six][family === '-4' ? 1 : 0], 'connected')
        assert.notEqual([four, six][family === '-4' ? 0 : 1], 'connected')
      }
    }
    world.gateway.run(['ip', family, 'route', 'add', 'default', 'via', gone])
  }
})
