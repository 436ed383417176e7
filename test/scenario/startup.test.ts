import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startAgent } from '../support/agent-client.ts'
import { createCertificate } from '../support/certificate.ts'
import { createNamespace } from '../support/namespace.ts'
import { inNamespace } from '../support/netns.ts'
import { listTables } from '../support/nft.ts'
import { PROJECT } from '../support/readme.ts'
import { launchSallyport, type Sallyport, type SallyportOptions, startSallyport } from '../support/sallyport.ts'
import { askThrough } from '../support/sandbox.ts'
import { answersDenials } from '../support/scenario.ts'
import { eventually } from '../support/wait.ts'
import { createFolder } from '../support/world.ts'

const folder = createFolder()
after(() => rmSync(folder, { recursive: true, force: true }))

const namespace = createNamespace('startup')
after(() => namespace.remove())
namespace.run(['ip', 'link', 'add', 'sbx1', 'type', 'veth', 'peer', 'name', 'peer1'])
namespace.run(['ip', 'address', 'add', '10.77.1.1/24', 'dev', 'sbx1'])
for (const device of ['sbx1', 'peer1']) namespace.run(['ip', 'link', 'set', device, 'up'])
const agent = startAgent(namespace)
after(() => agent.close())

const NOBODY = 65_534
const WITHOUT_NETFILTER = fileURLToPath(new URL('../support/without-netfilter.ts', import.meta.url))
/** Where nobody listens. */
const UPSTREAMS = ['127.0.0.1:5399']
const FORWARD = { resolver: { upstreams: UPSTREAMS }, updater: { guard: 'forward', interfaces: ['sbx*'] } }
const ZONES = { 'app.zone': 'www.example\n' }

let running: Sallyport | undefined
beforeEach(async () => {
  await running?.stop()
  running = undefined
})
after(() => running?.stop())

type Extra = Partial<Pick<SallyportOptions, 'uid' | 'through' | 'prepareZones'>>

function launch(settings: SallyportOptions['settings'], extra: Extra = {}): Sallyport {
  running = launchSallyport({ namespace, folder, settings, zones: ZONES, ...extra })
  return running
}

async function start(settings: SallyportOptions['settings']): Promise<Sallyport> {
  running = await startSallyport({ namespace, folder, settings, zones: ZONES, ready: () => answersDenials((name) => ask(name)) })
  return running
}

const ask = (name: string, timeoutMs = 4_000) => askThrough(agent, name, 'A', { server: '127.0.0.1', port: 53, timeoutMs })

/** Expects it to give up, with this exit code, having said this. */
async function assertGivesUp(sallyport: Sallyport, code: number, ...said: readonly RegExp[]): Promise<void> {
  const ended = await Promise.race([sallyport.exit, pause(15_000, 'still running', { ref: false })])
  assert.equal(ended, code, sallyport.log())
  for (const pattern of said) assert.match(sallyport.log(), pattern)
}

test('a port already taken: exit 2, and the message names address and port', async () => {
  const other = namespace.spawn([
    process.execPath,
    '-e',
    "require('dgram').createSocket('udp4').bind(53,'127.0.0.1',()=>console.log('bound'))",
  ])
  await new Promise((resolve) => other.stdout!.once('data', resolve))
  try {
    await assertGivesUp(launch(FORWARD), 2, /127\.0\.0\.1.*53|53.*127\.0\.0\.1/, /another process|in use/)
  } finally {
    other.kill('SIGKILL')
  }
})

test('a table of that name that is not ours: exit 2, and the table is not touched', async () => {
  const theirs = 'table inet sallyport {\n\tchain theirs {\n\t\tcounter\n\t}\n}\n'
  namespace.run(['nft', 'flush', 'ruleset'])
  namespace.run(['nft', '-f', '-'], theirs)
  const before = namespace.run(['nft', 'list', 'ruleset'])
  try {
    await assertGivesUp(launch(FORWARD), 2, /inet sallyport/, /not|another|foreign/)
    assert.equal(namespace.run(['nft', 'list', 'ruleset']), before)
  } finally {
    namespace.run(['nft', 'flush', 'ruleset'])
  }
})

test('with no valid policy status says that every name is denied, and the log tells what is wrong once, not once for each part', async () => {
  const sallyport = launch(FORWARD, { prepareZones: (zones) => writeFileSync(join(zones, 'more.zone'), 'www.example\nnot a name\n') })
  const said = await eventually('both parts run', () => {
    const { stdout, status } = sallyport.cli('status')
    return status === 0 && stdout
  })
  const head = / *last reload failed \d+ s ago, none was valid since the start: every name is denied:\n\s+\S*more\.zone:2: /g
  assert.equal(said.match(head)?.length, 2, said)
  await sallyport.logged(/more\.zone:2: /)
  assert.equal(sallyport.log().match(/more\.zone:2: /g)?.length, 1, sallyport.log())
  sallyport.removeZone('more.zone')
  await eventually('the rest takes effect', () => /1 entry\nlast reload: /.test(sallyport.cli('status').stdout))
  sallyport.writeZone('more.zone', 'not a name\n')
  await eventually('it is broken again', () => sallyport.cli('status').stdout.match(/what was valid last stays in force/g)?.length === 2)
  await sallyport.logged(/more\.zone:1: /)
  assert.equal(sallyport.log().match(/more\.zone:1: /g)?.length, 1, sallyport.log())
})

test('guard: forward without interfaces: exit 2', async () => {
  await assertGivesUp(launch({ updater: { guard: 'forward' } }), 2, /interfaces/)
})

test('the memory backend with a guard: exit 2', async () => {
  await assertGivesUp(launch({ updater: { guard: 'forward', interfaces: ['sbx*'], backend: 'memory' } }), 2, /memory/)
})

test('unknown keys and wrong types: exit 2, and all are reported together, with their lines', async () => {
  const sallyport = launch({ gaurd: 'forward', resolver: { upstreams: ['dns.google:53x'], maxTtlSeconds: '10s' } })
  await assertGivesUp(
    sallyport,
    2,
    /sallyport\.yaml:\d+: .*gaurd/,
    /sallyport\.yaml:\d+: resolver\.upstreams.*dns\.google:53x/,
    /sallyport\.yaml:\d+: resolver\.maxTtlSeconds.*10s/,
  )
})

test('a kernel without nftables and a guard: exit 2, saying what to load or to set', async () => {
  const through = [process.execPath, WITHOUT_NETFILTER]
  await assertGivesUp(launch(FORWARD, { through }), 2, /this kernel has no nftables/, /modprobe nf_tables/)
})

test('a kernel without nftables and no guard: runs, and says first that nothing is enforced', async () => {
  const sallyport = launch({ resolver: { upstreams: UPSTREAMS } }, { through: [process.execPath, WITHOUT_NETFILTER] })
  await sallyport.logged(/nothing is enforced/i, 10_000)
})

test('mirror sets that are not there yet: names the set, and says that no name can be opened for now', async () => {
  await launch({ resolver: { upstreams: UPSTREAMS }, updater: { mirror: ['inet fw allowed4'] } }).logged(
    /inet fw allowed4 does not exist/,
    10_000,
  )
})

test('no privileges and a guard: exit 2, saying what is missing', async () => {
  await assertGivesUp(launch({ updater: { guard: 'output' } }, { uid: NOBODY }), 2, /CAP_NET_ADMIN|root/)
})

test('no privileges and no guard: runs, and says first that nothing is enforced', async () => {
  const sallyport = launch({ resolver: { upstreams: UPSTREAMS } }, { uid: NOBODY })
  await sallyport.logged(/nothing is enforced/i, 10_000)
  const askHere = (name: string, server: string) => askThrough(agent, name, 'A', { server, port: 5300, timeoutMs: 8_000 })
  await eventually('it denies', () => answersDenials((name) => askHere(name, '127.0.0.1')), 10_000)
  assert.equal((await askHere('www.example', '::1')).rcode, 'SERVFAIL')
})

test('an upstream that cannot be reached: allowed names fail with an explanation, denied ones are denied', async () => {
  await start(FORWARD)
  const reply = await ask('www.example', 8_000)
  assert.equal(reply.rcode, 'SERVFAIL')
  assert.ok(
    reply.ede.some((code) => code === 22 || code === 23),
    String(reply.ede),
  )
  assert.equal((await ask('denied.example')).rcode, 'NXDOMAIN')
})

/** Words that run a program whose state folder has room for so many files, itself included. */
function withStateOf(files: number): readonly string[] {
  const script = 'mount -t tmpfs -o nr_inodes="$2" none "$1"; state=$1/state; shift 2; exec "$@" --state "$state"'
  const disk = join(folder, `disk-of-${files}`)
  mkdirSync(disk)
  return ['unshare', '--mount', 'sh', '-ec', script, 'sh', disk, String(files + 1)]
}

test('a full disk: exit 2, and what could not be written is told without a stack', async () => {
  for (const files of [0, 1, 2, 3, 4]) {
    const sallyport = launch(FORWARD, { through: withStateOf(files) })
    await assertGivesUp(sallyport, 2, /^sallyport: cannot .*ENOSPC/m)
    assert.doesNotMatch(sallyport.log(), /^ +at /m)
  }
})

/** Words that run a program in a folder that root alone can enter. */
function throughClosedFolder(): readonly string[] {
  const closed = join(folder, 'closed')
  mkdirSync(join(closed, 'clone'), { recursive: true })
  chmodSync(closed, 0o700)
  const script = `mount --bind "$1" "$2"; program=$2/bin/sallyport; shift 3; exec "$program" "$@"`
  return ['unshare', '--mount', 'sh', '-ec', script, 'sh', PROJECT, join(closed, 'clone')]
}

test('a program in a folder that root alone can enter goes on as users of its own, and reads all that zone files may say', async () => {
  const sallyport = launch(FORWARD, { through: throughClosedFolder() })
  await sallyport.announced
  sallyport.writeZone('app.zone', 'www.example\n*.wild.example\n')
  await eventually('the wildcard is in force', async () => (await ask('any.wild.example')).rcode === 'SERVFAIL')
  assert.doesNotMatch(sallyport.log(), /cannot be read/)
})

test('a program in a folder that root alone can enter asks servers over HTTPS', async (t) => {
  const certificate = createCertificate(['dns.example'], ['127.0.0.1'])
  t.after(certificate.remove)
  const files = { cert: readFileSync(certificate.file), key: readFileSync(certificate.key) }
  const server = inNamespace(namespace, () => createServer(files, (query, response) => void sendEmpty(query, response)).listen(8443))
  t.after(() => server.close())
  const resolver = { upstreams: ['https://127.0.0.1:8443/dns-query'] }
  const trusting = ['env', `NODE_EXTRA_CA_CERTS=${certificate.file}`]
  const sallyport = launch({ ...FORWARD, resolver }, { through: [...trusting, ...throughClosedFolder()] })
  await sallyport.announced
  const reply = await ask('www.example', 8_000)
  assert.equal(reply.rcode, 'NOERROR', sallyport.log())
})

/** The query itself, as a response without records. */
async function sendEmpty(query: IncomingMessage, response: ServerResponse): Promise<void> {
  const message = Buffer.concat(await query.toArray())
  message[2]! |= 0x80
  response.setHeader('content-type', 'application/dns-message').end(message)
}

const BROKEN_ZONES: Readonly<Record<string, { readonly prepare: (zones: string) => void; readonly said: RegExp }>> = {
  'an empty zone folder': { prepare: (zones) => rmSync(join(zones, 'app.zone')), said: /no .*zone|empty/i },
  'a missing zone folder': { prepare: (zones) => rmSync(zones, { recursive: true }), said: /zones/ },
  'a binary file': { prepare: (zones) => writeFileSync(join(zones, 'app.zone'), Buffer.from([0, 1, 2, 255, 0])), said: /app\.zone/ },
  'a file of 100 MB': { prepare: (zones) => truncateSync(join(zones, 'app.zone'), 100 << 20), said: /app\.zone/ },
  'a file with errors': {
    prepare: (zones) => writeFileSync(join(zones, 'app.zone'), 'www.example\nhttp://www.example/\n'),
    said: /app\.zone:2/,
  },
}

for (const [what, { prepare, said }] of Object.entries(BROKEN_ZONES)) {
  test(`${what} at start: every name is denied, the log says why, and mending it takes effect`, async () => {
    const sallyport = launch(FORWARD, { prepareZones: prepare })
    await eventually('it denies', async () => (await ask('www.example', 500)).rcode === 'NXDOMAIN', 10_000)
    await sallyport.logged(said)
    mkdirSync(sallyport.zones, { recursive: true })
    sallyport.writeZone('app.zone', 'www.example\n')
    await eventually('the mended name is allowed', async () => (await ask('www.example', 500)).rcode !== 'NXDOMAIN', 3_000)
  })
}

test('at start it says in a few plain lines what it listens on, where it forwards and what guards what', async () => {
  const sallyport = await start(FORWARD)
  for (const pattern of [/127\.0\.0\.1/, /127\.0\.0\.1:5399/, /forward/, /sbx\*/]) assert.match(sallyport.log(), pattern)
})

test('a resolver comes to the updater as the user that it has become, and is admitted at once', async () => {
  const sallyport = await start(FORWARD)
  const before = sallyport.part('resolver')!
  process.kill(before, 'SIGKILL')
  await eventually('another has taken its place', () => ![undefined, before].includes(sallyport.part('resolver')))
  await eventually('it is admitted', () => /"connected": true/.test(sallyport.cli('status', '--json').stdout), 10_000)
  assert.doesNotMatch(sallyport.log(), /hung up on a peer/)
})

test('a second up on the same state is refused with exit 2, and the first is not disturbed', async () => {
  const first = await start(FORWARD)
  const second = first.cli('up')
  assert.equal(second.status, 2, second.stdout + second.stderr)
  assert.equal((await ask('denied.example')).rcode, 'NXDOMAIN')
  assert.ok(listTables(namespace).includes('inet sallyport'))
})
