// The budget for names below a wildcard, with its words to the client, in log and journal, and across restarts.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { PROGRAM } from '../support/sallyport.ts'
import { answersDenials, startForward } from '../support/scenario.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const NAMES = 5
const world = await createWorld(['*.wild.example. 300 IN A 192.0.2.10', 'www.example. 300 IN A 192.0.2.11'])
after(() => world.close())
const { alpha, beta, gateway } = world
const sallyport = await startForward(world, {
  zones: { 'app.zone': '*.wild.example\nwww.example\n' },
  resolver: { budget: { names: NAMES, enforce: true } },
})
after(() => sallyport.stop())

async function assertSpent(): Promise<void> {
  const denied = await alpha.ask('one-more.wild.example')
  assert.deepEqual([denied.rcode, denied.answers, denied.ede], ['NOERROR', [], [15]])
  assert.match(denied.edeText, /^the budget for names below this wildcard is spent$/)
  assert.deepEqual((await alpha.ask('n1.wild.example')).answers, ['A 192.0.2.10'])
}

test('a sandbox that has spent its budget is denied new names and keeps the old ones; another sandbox and exact names are not touched', async () => {
  for (let index = 1; index <= NAMES; index++) assert.deepEqual((await alpha.ask(`n${index}.wild.example`)).answers, ['A 192.0.2.10'])
  await assertSpent()
  assert.deepEqual((await alpha.ask('www.example')).answers, ['A 192.0.2.11'])
  assert.deepEqual((await beta.ask('one-more.wild.example')).answers, ['A 192.0.2.10'])
})

test('"why" tells what a sandbox has used, and denies what is beyond', () => {
  const why = (name: string, client: string) => sallyport.cli('why', name, '--client', client, '--json')
  const beyond = why('one-more.wild.example', 'alpha')
  const { verdict, reason, budget, entries } = JSON.parse(beyond.stdout)
  assert.deepEqual([beyond.status, verdict, reason, entries[0].text], [1, 'deny', 'budget', '*.wild.example'])
  assert.deepEqual([budget.wildcard, budget.names, budget.limits.names], ['*.wild.example', NAMES, NAMES])
  assert.deepEqual([why('n1.wild.example', 'alpha').status, why('one-more.wild.example', 'beta').status], [0, 0])
  assert.match(sallyport.cli('why', 'one-more.wild.example', '--client', 'alpha').stdout, /is denied: the budget .*\n.*\n.*5 of 5 names/)
  assert.equal(JSON.parse(why('www.example', 'alpha').stdout).budget, null)
})

test('the log says so once, the counters and the journal say what was denied', async () => {
  const line = await sallyport.logged(/budget below a wildcard is spent/)
  assert.match(line, /alpha/)
  assert.match(line, /\*\.wild\.example/)
  assert.equal(sallyport.log().match(/budget below a wildcard is spent/g)?.length, 1)
  const { resolver } = JSON.parse(sallyport.cli('status', '--json').stdout)
  assert.ok(resolver.counters.overBudget > 0)
  const records = await eventually('the journal has both', () => {
    const found = readJournal().filter(({ event, reason }) => event === 'budget' || reason === 'budget')
    return found.length >= 2 ? found : undefined
  })
  assert.deepEqual(records.map(({ event, client, name, wildcard, verdict }) => [event, client, name ?? wildcard, verdict]).sort(), [
    ['budget', 'alpha', '*.wild.example', undefined],
    ['decision', 'alpha', 'one-more.wild.example', 'deny'],
  ])
})

function readJournal(): Record<string, string>[] {
  const folder = join(sallyport.folder, 'journal', 'resolver')
  const text = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'))
  return text
    .join('')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

test('a resolver that was killed goes on counting where it was', async () => {
  const file = join(sallyport.state, 'budget', 'spent.json')
  await eventually('it is saved', () => existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).accounts.length === 2)
  assert.deepEqual([statSync(file).mode & 0o777, statSync(join(file, '..')).mode & 0o777], [0o600, 0o700])
  const before = sallyport.part('resolver')!
  process.kill(before, 'SIGKILL')
  await eventually('another resolver serves', async () => {
    const now = sallyport.part('resolver')
    return now !== undefined && now !== before && (await answersDenials((name) => alpha.ask(name, 'A', { timeoutMs: 300 })))
  })
  await assertSpent()
})

test('"sallyport down" takes what was saved along', async () => {
  await sallyport.stop()
  assert.ok(existsSync(join(sallyport.state, 'budget')))
  const [program, ...words] = gateway.inside([PROGRAM, 'down', '--config', sallyport.config])
  assert.equal(spawnSync(program!, words).status, 0)
  assert.ok(!existsSync(join(sallyport.state, 'budget')))
})
