// `sallyport run`: services of the machine at its own public addresses, where whoever carries the packets would connect as the machine itself.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { CONNECT, confinedWords, outcomeOf, type Who, withoutPrograms } from '../support/confined.ts'
import { inNamespace } from '../support/netns.ts'
import { addAddresses, GATEWAY4, GATEWAY6 } from '../support/topology.ts'
import { createWorld } from '../support/world.ts'

/** Of a device without a carrier: a machine answers there all the same. */
const UNPLUGGED = '192.0.2.200'

/** In a prefix that is local as a whole. */
const ANY6 = '2001:db8:a::77'
/** Of the internet, until the machine gets them. */
const [LATE4, LATE6] = ['203.0.113.77', '2001:db8:1::77']

const world = await createWorld([
  `own4.example. 60 IN A ${GATEWAY4}`,
  `own6.example. 60 IN AAAA ${GATEWAY6}`,
  `unplugged.example. 60 IN A ${UNPLUGGED}`,
  `anyip.example. 60 IN AAAA ${ANY6}`,
  `late.example. 60 IN A ${LATE4}`,
  `late.example. 60 IN AAAA ${LATE6}`,
  'open.example. 60 IN A 203.0.113.10',
])
after(() => world.close())
world.gateway.run(['ip', 'link', 'add', 'lan0', 'type', 'veth', 'peer', 'name', 'lan1'])
world.gateway.run(['ip', 'link', 'set', 'lan0', 'up'])
addAddresses(world.gateway, 'lan0', [`${UNPLUGGED}/32`])
world.gateway.run(['ip', '-6', 'route', 'add', 'local', '2001:db8:a::/48', 'dev', 'lo'])

for (const port of [443, 8443]) {
  const server = inNamespace(world.gateway, () => createServer((socket) => socket.end()).listen(port))
  await once(server, 'listening')
  after(() => server.close())
}

const WHO: readonly Who[] = ['root', 'user']
const [CONNECTED, NO_NAME, REFUSED] = ['connected', 'no such name', 'Connection refused']
const NAMES = ['own4.example', 'own6.example', 'unplugged.example', 'anyip.example']

async function reach(who: Who, missing: readonly string[], flags: readonly string[], destinations: readonly string[]) {
  const script = `${CONNECT}${destinations.map((destination) => `connect ${destination} 443`).join('\n')}`
  const words = withoutPrograms(missing, confinedWords(world, { who, flags, command: ['sh', '-c', script] }))
  const { stdout, stderr } = await outcomeOf(words, { cwd: world.folder })
  return { outcomes: stdout.trim().split('\n'), stderr }
}

for (const missing of [[], ['pasta']]) {
  const by = missing.length > 0 ? 'slirp4netns' : 'pasta'
  test(`${by}: an allowed name that leads to the machine itself opens nothing there, and the end of the run says so`, async () => {
    for (const who of WHO) {
      const flags = [...NAMES, 'open.example'].flatMap((name) => ['--allow', name])
      const { outcomes, stderr } = await reach(who, missing, flags, [...NAMES, GATEWAY4, GATEWAY6, UNPLUGGED, ANY6, 'open.example'])
      assert.deepEqual(outcomes, [NO_NAME, NO_NAME, NO_NAME, NO_NAME, REFUSED, REFUSED, REFUSED, REFUSED, CONNECTED], stderr)
      assert.match(stderr, new RegExp(`own4\\.example +1x  it leads to this machine: --allow ${GATEWAY4.replaceAll('.', '\\.')}\n`))
      assert.match(stderr, new RegExp(`own6\\.example +1x  it leads to this machine: --allow ${GATEWAY6}\n`))
    }
  })

  test(`${by}: who allows an address of the machine, or a service of it, reaches that`, async () => {
    for (const who of WHO) {
      const flags = ['host:443', GATEWAY4, `${GATEWAY6} tcp/443`, 'own6.example'].flatMap((each) => ['--allow', each])
      const { outcomes, stderr } = await reach(who, missing, flags, ['host', GATEWAY4, GATEWAY6, 'own6.example', UNPLUGGED])
      assert.deepEqual(outcomes, [CONNECTED, CONNECTED, CONNECTED, CONNECTED, REFUSED], stderr)
    }
  })
}

test('who allows a port of an address of the machine opens that port alone, whatever name or network leads there', async () => {
  const flags = [`${GATEWAY4}:8443`, `[${GATEWAY6}]:8443`, 'own4.example', 'own6.example', '198.51.100.0/24'].flatMap((each) => [
    '--allow',
    each,
  ])
  const script = `${CONNECT}for each in own4.example own6.example ${GATEWAY4}; do connect $each 443; connect $each 8443; done`
  const { stdout, stderr } = await outcomeOf(confinedWords(world, { who: 'user', flags, command: ['sh', '-c', script] }), {
    cwd: world.folder,
  })
  const [CLOSED4, CLOSED6] = ['No route to host', 'Permission denied']
  assert.deepEqual(stdout.trim().split('\n'), [CLOSED4, CONNECTED, CLOSED6, CONNECTED, CLOSED4, CONNECTED], stderr)
})

/** Says "connected" once, and what came of it as soon as that is another thing, or at the end of its patience. */
const KEEP_CONNECTING = (address: string) =>
  `${CONNECT}connect ${address} 443; for each in $(seq 50); do last=$(connect ${address} 443); [ "$last" = connected ] || break; sleep 0.1; done; echo "$last"`

for (const missing of [[], ['pasta']])
  test(`${missing.length > 0 ? 'slirp4netns' : 'pasta'}: an address that the machine gets meanwhile is closed, audit mode or not`, async (context) => {
    for (const [address, flags] of [
      [LATE4, ['--allow', 'late.example', '--allow', LATE4.replace(/77$/, '0/24')]],
      [LATE6, ['--audit']],
    ] as const) {
      const words = confinedWords(world, { who: 'user', flags, command: ['bash', '-c', KEEP_CONNECTING(address)] })
      const [program, ...parameters] = withoutPrograms(missing, words) as [string, ...string[]]
      const child = spawn(program, parameters, { cwd: world.folder, stdio: ['ignore', 'pipe', 'inherit'] })
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
      assert.equal((await lines.next()).value, CONNECTED)
      addAddresses(world.gateway, 'lan0', [`${address}/${address === LATE4 ? 32 : 128}`])
      context.after(() => world.gateway.run(['ip', 'address', 'flush', 'dev', 'lan0', 'to', address]))
      assert.match((await lines.next()).value!, /No route to host|Permission denied/)
      await once(child, 'exit')
    }
  })

test('audit mode lets nothing through to the machine itself, and an entry for a whole network neither', async () => {
  for (const flags of [['--audit'], ['--allow', '198.51.100.0/24']]) {
    const { outcomes, stderr } = await reach('user', [], flags, [GATEWAY4])
    assert.deepEqual(outcomes, [REFUSED], stderr)
  }
})
