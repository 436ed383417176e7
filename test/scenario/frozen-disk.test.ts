// A disk that takes nothing and says nothing, as a hung network mount does: a frozen file system under the decision log.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { runCommand } from '../support/namespace.ts'
import type { Sallyport } from '../support/sallyport.ts'
import { assertReachable, startForward } from '../support/scenario.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const NAMES = Array.from({ length: 100 }, (_, index) => `n${index}.new.example`)
const world = await createWorld(['www.example. 300 IN A 192.0.2.10', ...NAMES.map((name) => `${name}. 300 IN A 192.0.2.11`)])
after(() => world.close())
const { alpha, folder } = world

interface Disk {
  readonly sallyport: Sallyport
  freeze(): void
  thaw(): void
}

/** Thawed at the end whatever happens: nothing can end a process that waits for a frozen disk. */
async function startOnDisk(t: TestContext, onFailure: 'count' | 'deny'): Promise<Disk> {
  const disk = join(folder, `disk-${onFailure}`)
  mkdirSync(disk)
  runCommand(['truncate', '--size=16M', `${disk}.image`])
  runCommand(['/sbin/mkfs.ext4', '-q', `${disk}.image`])
  runCommand(['mount', '-o', 'loop', `${disk}.image`, disk])
  let isFrozen = false
  const turn = (wanted: boolean): void => {
    if (isFrozen !== wanted) runCommand(['/sbin/fsfreeze', wanted ? '--freeze' : '--unfreeze', disk])
    isFrozen = wanted
  }
  t.after(() => turn(false))
  const settings = { journal: { folder: join(disk, 'log'), onFailure, syncSeconds: 1 } }
  const sallyport = await startForward(world, { zones: { 'app.zone': 'www.example\n*.new.example\n' }, settings })
  t.after(async () => {
    turn(false)
    await sallyport.stop()
    runCommand(['umount', '--lazy', disk])
  })
  return { sallyport, freeze: () => turn(true), thaw: () => turn(false) }
}

let asked = 0

/** A name that nobody has asked for yet has to be opened, and be recorded. */
function askNew() {
  return alpha.ask(NAMES[asked++ % NAMES.length]!)
}

async function untilStalled(sallyport: Sallyport): Promise<void> {
  await eventually(
    'the disk does not answer',
    async () => {
      await askNew()
      return /the disk does not answer/.test(sallyport.cli('status', '--part', 'resolver').stdout)
    },
    15_000,
  )
}

test('with onFailure: count a disk that hangs holds up no answer, and what waited is written when it goes on', async (t) => {
  const { sallyport, freeze, thaw } = await startOnDisk(t, 'count')
  await assertReachable(alpha, 'www.example')
  freeze()
  await untilStalled(sallyport)
  for (let count = 0; count < 20; count++) {
    const { rcode, answers, milliseconds } = await askNew()
    assert.deepEqual([rcode, answers.length], ['NOERROR', 1])
    assert.ok(milliseconds < 200, `answered after ${milliseconds} ms`)
  }
  thaw()
  await eventually('it is written', () => !/the disk does not answer/.test(sallyport.cli('status', '--part', 'resolver').stdout), 10_000)
  assert.equal(await sallyport.stop(), 0)
  const verified = sallyport.cli('log', 'verify')
  assert.equal(verified.status, 0, verified.stdout)
  assert.match(sallyport.cli('audit', '--csv').stdout, new RegExp(`,${NAMES[asked - 1]},`), 'the last of them is in the log')
})

test('with onFailure: deny nothing new is opened while the disk hangs, and denials come at once', async (t) => {
  const { sallyport, freeze, thaw } = await startOnDisk(t, 'deny')
  await assertReachable(alpha, 'www.example')
  freeze()
  await untilStalled(sallyport)
  const { rcode, answers } = await askNew()
  assert.deepEqual([rcode, answers], ['SERVFAIL', []])
  const denied = await alpha.ask('denied.example')
  assert.equal(denied.rcode, 'NXDOMAIN')
  assert.ok(denied.milliseconds < 200, `denied after ${denied.milliseconds} ms`)
  assert.equal(await alpha.reach('192.0.2.10'), 'connected', 'what is open already stays open')
  thaw()
  await eventually('names resolve again', async () => (await askNew()).rcode === 'NOERROR', 15_000)
})
