// `sallyport run --ask`: somebody at a terminal is shown what is refused, and answers by a key.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { CONNECT, confinedWords, runConfined, UID, type Who } from '../support/confined.ts'
import { playAt, type Step } from '../support/player.ts'
import { UPSTREAM4 } from '../support/topology.ts'
import { createWorld } from '../support/world.ts'

const world = await createWorld([
  'open.example. 60 IN A 203.0.113.10',
  'closed.example. 60 IN A 203.0.113.20',
  'other.example. 60 IN A 203.0.113.30',
])
after(() => world.close())

/** "until_connected HOST PORT" tries again and again. */
const UNTIL = `${CONNECT}until_connected() { until [ "$(connect "$@")" = connected ]; do sleep 0.2; done; echo "reached $1"; }\n`

interface Ask {
  readonly who?: Who
  readonly flags?: readonly string[]
  readonly script: string
}

/** Plays it, and looks whether the terminal is as it was before. */
function ask({ who = 'user', flags = [], script }: Ask, steps: readonly Step[]): Promise<string> {
  const words = confinedWords(world, { who, flags: ['--ask', '--quiet', ...flags], command: ['sh', '-c', `${UNTIL}${script}`] })
  const around = 'before=$(stty -g); "$@"; code=$?; [ "$before" = "$(stty -g)" ] && exit $code; exit 99'
  return playAt(world, ['sh', '-c', around, 'sh', ...words], steps)
}

for (const who of ['root', 'user'] as const) {
  test(`${who}: a refused name is shown, one key allows it, and the retry succeeds`, async () => {
    const steps: Step[] = [
      ['closed.example is refused: [a]llow for this run, [r]efuse, [s]top asking', 'key a'],
      ['\x1b[?1049l', ''],
      ['reached closed.example', ''],
    ]
    assert.equal(await ask({ who, script: 'until_connected closed.example 443; exit 4' }, steps), '4')
  })
}

test('a refused port of an allowed name is asked for, and so is an address', async () => {
  const steps: Step[] = [
    ['open.example:8443 is refused', 'key a'],
    ['reached open.example', ''],
    ['203.0.113.40:9000 is refused', 'key a'],
    ['reached 203.0.113.40', ''],
  ]
  const script = 'until_connected open.example 8443; until_connected 203.0.113.40 9000'
  assert.equal(await ask({ flags: ['--allow', 'open.example'], script }, steps), '0')
})

test('another key writes it to the zone file, whose comments stay, and the next run needs no key', async () => {
  const zones = join(world.folder, 'asked-zones')
  mkdirSync(zones)
  writeFileSync(join(zones, 'app.zone'), '# kept\nopen.example\n')
  world.gateway.run(['chown', '-R', `${UID}:${UID}`, zones])
  const flags = ['--zones', zones]
  const script = 'until_connected closed.example 443'
  const steps: Step[] = [
    ['[w]rite to asked-zones/app.zone', 'key w'],
    ['reached closed.example', ''],
  ]
  assert.equal(await ask({ flags, script }, steps), '0')
  assert.equal(readFileSync(join(zones, 'app.zone'), 'utf8'), '# kept\nopen.example\nclosed.example\n')
  assert.equal(await ask({ flags, script }, [['reached closed.example', '']]), '0')
})

test('what keeps the zone file from being written is said, and the other keys still answer', async () => {
  const zones = join(world.folder, 'locked-zones')
  mkdirSync(zones)
  writeFileSync(join(zones, 'app.zone'), 'open.example\n')
  const steps: Step[] = [
    ['[w]rite to locked-zones/app.zone', 'key w'],
    ['cannot write', ''],
    ['[a]llow for this run, [r]efuse', 'key a'],
    ['reached closed.example', ''],
  ]
  assert.equal(await ask({ flags: ['--zones', zones], script: 'until_connected closed.example 443' }, steps), '0')
  assert.equal(readFileSync(join(zones, 'app.zone'), 'utf8'), 'open.example\n')
})

test('what is refused by a key stays refused and is not asked for again; "s" ends all questions', async () => {
  const script = `connect closed.example 443; sleep 3; connect closed.example 443; echo first; connect other.example 443; sleep 3; connect open.example 443; sleep 3; echo last`
  const steps: Step[] = [
    ['closed.example is refused', 'key r'],
    ['no such name', ''],
    ['first', ''],
    ['other.example is refused', 'key s'],
    // A question would hold this back for ever.
    ['last', ''],
  ]
  assert.equal(await ask({ script }, steps), '0')
})

test('what a zone file denies is not asked for, nor an address of special purpose, of a metadata service, or on a link of the machine', async () => {
  const zones = join(world.folder, 'denying-zones')
  mkdirSync(zones)
  writeFileSync(join(zones, 'app.zone'), '!closed.example\n')
  const script = `connect closed.example 443; connect 169.254.169.254 80; connect 168.63.129.16 80; connect 10.1.2.3 443; connect ${UPSTREAM4} 443; sleep 4; connect other.example 443; sleep 3`
  assert.equal(await ask({ flags: ['--zones', zones], script }, [['other.example is refused', 'key r']]), '0')
})

test('the command has the terminal: keys, interrupts, its size, and the screen as it was', async () => {
  const script = `trap 'echo interrupted; exit 3' INT; trap 'stty size' WINCH; printf 'name? '; read -r name; echo "hello $name"; while :; do sleep 0.1; done`
  const steps: Step[] = [
    ['name? ', 'who\n'],
    ['hello who', 'window'],
    ['41 101', '\x03'],
    ['interrupted', ''],
  ]
  assert.equal(await ask({ script }, steps), '3')
})

test('keys typed before anybody can have read the question are the command’s', async () => {
  const script = 'connect closed.example 443; read -r line; echo "read <$line>"; until_connected closed.example 443'
  const steps: Step[] = [
    ['closed.example is refused', 'a\n'],
    // The answer shows what the command has read meanwhile.
    ['', 'key a'],
    ['read <a>', ''],
    ['reached closed.example', ''],
  ]
  assert.equal(await ask({ script }, steps), '0')
})

test('a key that allows after the gateway was killed ends the run as that does', async () => {
  const flag = join(world.folder, 'kill')
  const script = `connect closed.example 443; read -r line; echo >${flag}; sleep 100`
  const words = confinedWords(world, { who: 'root', flags: ['--ask', '--quiet'], command: ['sh', '-c', `${CONNECT}${script}`] })
  // Stopped meanwhile, so that it reads the key before it hears of the end.
  const around = `"$@" </dev/tty & pid=$!
while [ ! -e ${flag} ]; do sleep 0.1; done
sleep 0.6
kill -STOP $pid
for each in $(cat /proc/$pid/task/$pid/children); do
  grep -q 'echo made' /proc/$each/cmdline && kill -KILL $(cat /proc/$each/task/$each/children)
done
echo killed; sleep 2; kill -CONT $pid; wait $pid`
  const steps: Step[] = [
    ['closed.example is refused', 'key x\n'],
    ['killed', 'a'],
  ]
  assert.equal(await playAt(world, ['sh', '-c', around, 'sh', ...words], steps), '137')
})

test('interrupting works while a question stands', async () => {
  const script = `trap 'exit 3' INT; connect closed.example 443; while :; do sleep 0.1; done`
  assert.equal(await ask({ script }, [['closed.example is refused', 'key \x03']]), '3')
})

test('nothing that the command does to its own terminal answers', async () => {
  const script = `
connect closed.example 443
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
  printf a >/dev/tty; printf a >&0; printf '\\033[6n\\033[c\\033[21t\\005' >/dev/tty
  /usr/bin/python3 -c 'import fcntl; fcntl.ioctl(0, 0x5412, b"a")' 2>/dev/null
  sleep 0.2
done
connect closed.example 443 >result; printf '\\033]0;unfinished'; exec sh -c 'sleep 2; cat result; exit 6'`
  const steps: Step[] = [
    ['closed.example is refused', 'key \x1b[1;1R\x1b[?1;2c\x1b]la\x1b\\'],
    ['', 'key r'],
    ['no such name', ''],
  ]
  const folder = join(world.folder, 'result')
  writeFileSync(folder, '')
  assert.equal(await ask({ who: 'root', script }, steps), '6')
  rmSync(folder)
})

test('the terminal at which somebody is asked is out of the command’s reach, by its name too', async () => {
  const script = `for each in /dev/pts/[0-9]*; do [ "$each" = "$(tty)" ] || { [ -t 6 ] && echo "$each" && exit 9; } 6<>"$each"; done 2>/dev/null; exit 4`
  const words = confinedWords(world, { who: 'user', flags: ['--ask', '--quiet'], command: ['sh', '-c', script] })
  const around = `chown ${UID} "$(tty)"; "$@"`
  assert.equal(await playAt(world, ['sh', '-c', around, 'sh', ...words], []), '4')
})

test('a full-screen program keeps its screen, and is told to draw it again', async () => {
  const script = `trap 'stty size' WINCH; printf '\\033[?1049h'; connect closed.example 443; until_connected closed.example 443; sleep 1`
  const steps: Step[] = [
    ['\x1b[?1049h', ''],
    ['\x1b7', ''],
    ['closed.example is refused', 'key a'],
    ['\x1b8', ''],
    ['40 160', ''],
  ]
  assert.equal(await ask({ script }, steps), '0')
})

test('the terminal is as before after the run was killed', async () => {
  const begun = join(world.folder, 'begun')
  const words = confinedWords(world, { who: 'root', flags: ['--ask'], command: ['sh', '-c', `echo >${begun}; sleep 100`] })
  const around = `before=$(stty -g); "$@" </dev/tty & pid=$!
while [ ! -e ${begun} ]; do sleep 0.1; done
[ "$before" != "$(stty -g)" ] && echo changed
kill -KILL $pid; wait $pid
while [ "$before" != "$(stty -g)" ]; do sleep 0.1; done
echo restored; exit 5`
  assert.equal(
    await playAt(
      world,
      ['sh', '-c', around, 'sh', ...words],
      [
        ['changed', ''],
        ['restored', ''],
      ],
    ),
    '5',
  )
})

test('without a terminal nobody can be asked, and in audit mode there is nothing to ask', async () => {
  const none = await runConfined(world, { who: 'root', flags: ['--ask'], command: ['true'] })
  assert.deepEqual([none.status, none.stderr], [2, 'sallyport: --ask: standard input is not a terminal, so that nobody can be asked\n'])
  const audit = await runConfined(world, { who: 'root', flags: ['--ask', '--audit'], command: ['true'] })
  assert.deepEqual([audit.status, audit.stderr], [2, 'sallyport: --ask: audit mode refuses nothing that could be asked for\n'])
})
