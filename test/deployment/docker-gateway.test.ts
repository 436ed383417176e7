// deploy/docker/gateway on a real Docker engine: one gateway in the host's namespace, two sandboxes on networks of their own.
import assert from 'node:assert/strict'
import { cpSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { assertNothingBut } from '../support/capture.ts'
import { PROJECT, startDocker } from '../support/docker.ts'
import { listTables } from '../support/nft.ts'
import { GATEWAY4, UPSTREAM4 } from '../support/topology.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const HTTP_PORT = 8080
const SHARED = `http://shared.example:${HTTP_PORT}/`
const BUILDERS = `http://builders.example:${HTTP_PORT}/`
const world = await createWorld(['shared.example. 60 IN A 192.0.2.10', 'builders.example. 60 IN A 192.0.2.11'])
const answer = `require('http').createServer((_, response) => response.end('here')).listen(${HTTP_PORT}, '::')`
const servers = [world.internet, world.gateway].map((place) => place.spawn([process.execPath, '-e', answer], { stdio: 'ignore' }))
const engine = await startDocker(world.gateway, world.folder, UPSTREAM4)
const project = join(world.folder, 'project')
after(async () => {
  engine.compose(folder, 'down', '--volumes', '--timeout', '2')
  await engine.close()
  for (const server of servers) server.kill()
  await world.close()
})

cpSync(join(PROJECT, 'deploy/docker'), project, { recursive: true })
const folder = join(project, 'gateway')
writeZone('base.zone', '$TIER base\nshared.example 8080\n')
writeZone('builder.zone', '$CLIENTS builder\nbuilders.example 8080\n')
// The image has been built above, on a base that no registry is needed for.
const sandbox = { command: [SHARED, BUILDERS] }
writeFileSync(join(folder, 'docker-compose.override.yml'), JSON.stringify({ services: { reviewer: sandbox, builder: sandbox } }))

function writeZone(file: string, text: string): void {
  const path = join(folder, 'zones', file)
  writeFileSync(`${path}.next`, text)
  renameSync(`${path}.next`, path)
}

function compose(...words: readonly string[]): string {
  const { status, stdout, stderr } = engine.compose(folder, ...words)
  assert.equal(status, 0, `docker-compose ${words.join(' ')}: ${stderr}${stdout}`)
  return stdout
}

/** A request from a container in the sandbox. */
function fetchIn(sandbox: 'reviewer' | 'builder', url: string): string {
  return engine.compose(folder, 'run', '--rm', '-T', sandbox, url).stdout
}

const wire = await world.capture()
compose('up', '-d')

test('each sandbox reaches what its own zone files allow, and is told what they do not', async () => {
  const logOf = (name: string): Promise<string> =>
    eventually(`${name} has ended`, () => {
      const output = compose('logs', '--no-color', name)
      return output.includes('builders.example') && output
    })
  const [reviewer, builder] = [await logOf('reviewer'), await logOf('builder')]
  for (const log of [reviewer, builder]) assert.match(log, /shared\.example:8080\/: answered 200/)
  assert.match(reviewer, /builders\.example:8080\/: refused: getaddrinfo ENOTFOUND/)
  assert.match(builder, /builders\.example:8080\/: answered 200/)
})

test('neither an address, nor the host, nor the neighbour, nor another name server can be reached', () => {
  for (const address of ['192.0.2.11', '10.77.1.1', '10.77.2.1', GATEWAY4, '10.77.2.2']) {
    assert.match(fetchIn('reviewer', `http://${address}:${HTTP_PORT}/`), /refused: /, address)
  }
  const lookup = (server: string): string =>
    `const {Resolver}=require('dns').promises;const r=new Resolver({timeout:1500,tries:1});r.setServers(['${server}']);r.resolve4('builders.example').then(console.log,(e)=>console.log(e.code))`
  for (const server of [UPSTREAM4, '127.0.0.11', '10.77.1.1']) {
    const words = ['run', '--rm', '-T', '--entrypoint', 'node', 'reviewer', '-e', lookup(server)]
    const { stdout, stderr } = engine.compose(folder, ...words)
    assert.match(stdout, /ENOTFOUND/, `${server}: ${stderr}`)
  }
})

test('a zone file edited on the host takes effect for the sandbox that it is for', async () => {
  writeZone('reviewer.zone', '$CLIENTS reviewer\nbuilders.example 8080\n')
  await eventually('the name is allowed', () => fetchIn('reviewer', BUILDERS).includes('answered 200'), 15_000)
})

test('restarting each part lets nothing out, and allowed names work again', async () => {
  for (const part of ['updater', 'resolver']) {
    compose('restart', '--timeout', '3', part)
    await eventually(`allowed after the restart of ${part}`, () => fetchIn('builder', SHARED).includes('answered 200'), 20_000)
    assert.match(fetchIn('builder', `http://192.0.2.200:${HTTP_PORT}/`), /refused: /)
  }
})

test('the guard outlasts the containers, and goes when it is told to', () => {
  const isGuarded = () => listTables(world.gateway).includes('inet sallyport')
  compose('down', '--timeout', '3')
  assert.ok(isGuarded())
  compose('run', '--rm', '--no-deps', 'updater', 'down')
  assert.ok(!isGuarded())
})

test('nothing beyond policy was ever on the wire', async () => {
  assertNothingBut(await wire.leaving(), [
    { source: GATEWAY4, destination: UPSTREAM4, destinationPort: 53 },
    ...['192.0.2.10', '192.0.2.11'].map((destination) => ({ source: GATEWAY4, destination, destinationPort: HTTP_PORT })),
  ])
})
