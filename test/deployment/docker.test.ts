// The Compose deployment on a real Docker engine: the image from the Dockerfile, the containers from docker-compose.yml.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { cpSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Row } from '../../src/audit/row.ts'
import { assertNothingBut } from '../support/capture.ts'
import { PROJECT, startDocker } from '../support/docker.ts'
import { PROGRAM } from '../support/sallyport.ts'
import { GATEWAY4, UPSTREAM4 } from '../support/topology.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const HTTP_PORT = 8080
const world = await createWorld([
  'allowed.example. 60 IN A 192.0.2.10',
  'later.example. 60 IN A 192.0.2.11',
  'denied.example. 60 IN A 192.0.2.12',
])
const site = world.internet.spawn(
  [process.execPath, '-e', `require('http').createServer((_, response) => response.end('here')).listen(${HTTP_PORT}, '::')`],
  { stdio: 'ignore' },
)
const engine = await startDocker(world.gateway, world.folder, UPSTREAM4)
after(async () => {
  engine.compose(project, 'down', '--volumes', '--timeout', '2')
  await engine.close()
  site.kill()
  await world.close()
})

const project = join(world.folder, 'project')
mkdirSync(project)
for (const part of ['docker-compose.yml', 'deploy']) cpSync(join(PROJECT, part), join(project, part), { recursive: true })
mkdirSync(join(project, 'zones'))
writeZone('allowed.example 8080\n')
const urls = ['allowed.example', 'denied.example', '192.0.2.12'].map((host) => `http://${host}:${HTTP_PORT}/`)
const override = { services: { agent: { command: urls } } }
writeFileSync(join(project, 'docker-compose.override.yml'), JSON.stringify(override))

function writeZone(text: string): void {
  const file = join(project, 'zones', 'app.zone')
  writeFileSync(`${file}.next`, text)
  renameSync(`${file}.next`, file)
}

function compose(...words: readonly string[]): string {
  const { status, stdout, stderr } = engine.compose(project, ...words)
  assert.equal(status, 0, `docker-compose ${words.join(' ')}: ${stderr}${stdout}`)
  return stdout
}

/** A request from a container that has joined the sandbox. */
function fetchInside(url: string): string {
  return engine.compose(project, 'run', '--rm', '-T', 'agent', url).stdout
}

/** What may leave: the engine's own questions to its upstream, and requests to what is allowed. Docker masquerades both. */
const POLICY = [
  { source: GATEWAY4, destination: UPSTREAM4, destinationPort: 53 },
  { source: GATEWAY4, destination: '192.0.2.10', destinationPort: HTTP_PORT },
] as const

const wire = await world.capture()
// README: docker compose up --build; the image has been built above, on a base that no registry is needed for
compose('up', '-d')

test('the example agent shows one allowed and one refused request', async () => {
  const log = await eventually('the agent has ended', () => {
    const output = compose('logs', '--no-color', 'agent')
    return output.includes('192.0.2.12') && output
  })
  assert.match(log, /allowed\.example:8080\/: answered 200/)
  assert.match(log, /denied\.example:8080\/: refused: getaddrinfo ENOTFOUND denied\.example/)
})

test('what the agent has contacted is listed with what it carried', async () => {
  const audit = () => JSON.parse(compose('exec', '-T', 'updater', 'sallyport', 'audit', '--json')) as { readonly rows: readonly Row[] }
  const row = await eventually(
    'it is listed',
    () => audit().rows.find(({ destination, port }) => destination === 'allowed.example' && port === HTTP_PORT),
    20_000,
  )
  assert.ok(row.connections >= 1 && row.packets! > 4 && row.bytes! > 200, JSON.stringify(row))
})

test('resolver and updater are confined: no capability but NET_ADMIN for the updater, and a read-only root', () => {
  const inspect = (part: string, field: string): string => {
    const id = compose('ps', '-q', part).trim()
    return engine.docker('inspect', '--format', `{{json ${field}}}`, id).trim()
  }
  assert.equal(inspect('updater', '.HostConfig.CapAdd'), '["NET_ADMIN"]')
  assert.equal(inspect('resolver', '.HostConfig.CapAdd'), 'null')
  for (const part of ['network', 'updater', 'resolver', 'agent']) assert.equal(inspect(part, '.HostConfig.CapDrop'), '["ALL"]', part)
  for (const part of ['network', 'updater', 'resolver']) assert.equal(inspect(part, '.HostConfig.ReadonlyRootfs'), 'true', part)
})

test('neither an address, nor another server, nor the resolver of Docker leads around it', () => {
  assert.match(fetchInside(`http://192.0.2.12:${HTTP_PORT}/`), /refused/)
  const dig = (server: string): string =>
    `const {Resolver}=require('dns').promises;const r=new Resolver({timeout:1500,tries:1});r.setServers(['${server}']);r.resolve4('denied.example').then(console.log,(e)=>console.log(e.code))`
  const ask = (server: string) =>
    engine.compose(project, 'run', '--rm', '-T', '--entrypoint', 'node', 'agent', '-e', dig(server)).stdout.trim()
  assert.equal(ask(UPSTREAM4), 'ENOTFOUND')
  assert.match(ask('127.0.0.11'), /ENOTFOUND|ECONNREFUSED|ETIMEOUT/)
})

test('the corpus, made from the container of the agent, does not arrive outside', async () => {
  const far = world.internet.spawn([PROGRAM, 'prove', '--far-side', '--token', '0123abcd'], { stdio: ['ignore', 'pipe', 'pipe'] })
  await once(far.stderr!, 'data')
  // README: docker compose run --rm --entrypoint sallyport agent prove --far 203.0.113.9 --token 0123abcd
  const attack = ['--entrypoint', 'sallyport', 'agent', 'prove', '--far', '203.0.113.9', '--token', '0123abcd']
  const { stdout } = engine.compose(project, 'run', '--rm', '-T', ...attack)
  assert.match(stdout, /^[4-9]\d attacks made/m)
  far.kill('SIGINT')
  const [status] = await once(far, 'close')
  assert.equal(status, 0)
})

test('a zone file edited on the host takes effect', async () => {
  assert.match(fetchInside(`http://later.example:${HTTP_PORT}/`), /ENOTFOUND/)
  writeZone('allowed.example 8080\nlater.example 8080\n')
  await eventually('the new name is allowed', () => fetchInside(`http://later.example:${HTTP_PORT}/`).includes('answered 200'), 15_000)
})

test('restarting each part lets nothing out, and allowed names work again', async () => {
  for (const part of ['updater', 'resolver']) {
    compose('restart', '--timeout', '3', part)
    await eventually(
      `allowed after the restart of ${part}`,
      () => fetchInside(`http://allowed.example:${HTTP_PORT}/`).includes('answered 200'),
      20_000,
    )
    assert.match(fetchInside(`http://192.0.2.12:${HTTP_PORT}/`), /refused/)
  }
})

const agentLog = () => compose('logs', '--no-color', 'agent')
const hasRunSince = (before: string) => () => agentLog().slice(before.length).includes('192.0.2.12:8080/: refused')

test('a fresh namespace without a guard: the agent waits in it until there is one', async () => {
  const before = agentLog()
  compose('restart', '--timeout', '1', 'network')
  compose('restart', '--timeout', '1', 'agent')
  await pause(3_000)
  assert.equal(agentLog(), before)
  compose('restart', '--timeout', '1', 'updater', 'resolver')
  await eventually('the agent has run', hasRunSince(before), 30_000)
})

test('everything restarted at once, in whatever order, lets nothing out; made anew, it works', async () => {
  compose('restart', '--timeout', '1')
  await pause(2_000)
  const before = agentLog()
  compose('up', '--detach', '--force-recreate', '--timeout', '1')
  await eventually('the agent has run', () => agentLog() !== before && hasRunSince('')(), 30_000)
})

test('nothing beyond policy was ever on the wire', async () => {
  assertNothingBut(await wire.leaving(), [...POLICY, { source: GATEWAY4, destination: '192.0.2.11', destinationPort: HTTP_PORT }])
  const asked = await wire.questions()
  assert.deepEqual(
    asked.filter((question) => !/^((allowed|later)\.example (a|aaaa)|ipv4only\.arpa aaaa)$/i.test(question)),
    [],
  )
})
