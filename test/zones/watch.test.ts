import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { appendFileSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { Changed } from '../../src/zones/changed.ts'
import { watchZones } from '../../src/zones/watch.ts'
import { eventually } from '../support/wait.ts'

/** What a promise names: a changed zone file is in force within a second. */
const DEADLINE_MS = 1000

/** A folder of zone files under watch, and a function that does something and waits until it was noticed. */
async function watched(context: TestContext, prepare: (folder: string) => void) {
  const parent = mkdtempSync(join(tmpdir(), 'watch-'))
  const folder = join(parent, 'zones')
  mkdirSync(folder)
  prepare(folder)
  const changes = new EventEmitter()
  const watch = watchZones({ kind: 'one', folder }, (changed) => changes.emit('change', changed), { warn: () => {} })
  context.after(async () => {
    await watch.close()
    rmSync(parent, { recursive: true })
  })
  // The watcher has no event for "every folder is watched now" that would hold for folders made later.
  await wait(200)
  const noticed = async (act: () => void): Promise<Changed> => {
    const change = once(changes, 'change', { signal: AbortSignal.timeout(DEADLINE_MS) })
    act()
    return (await change)[0]
  }
  return { folder, changes, noticed }
}

const withOne = (folder: string): void => writeFileSync(join(folder, 'a.zone'), 'a.example\n')

test('writing, appending, adding and removing are noticed', async (t) => {
  const { folder, noticed } = await watched(t, withOne)
  await noticed(() => writeFileSync(join(folder, 'a.zone'), 'b.example\n'))
  await noticed(() => appendFileSync(join(folder, 'a.zone'), 'c.example\n'))
  await noticed(() => writeFileSync(join(folder, 'b.zone'), 'd.example\n'))
  await noticed(() => unlinkSync(join(folder, 'b.zone')))
})

test('an atomic rename is noticed, again and again', async (t) => {
  const { folder, noticed } = await watched(t, withOne)
  for (const name of ['b', 'c', 'd']) {
    await noticed(() => {
      writeFileSync(join(folder, '.a.zone.tmp'), `${name}.example\n`)
      renameSync(join(folder, '.a.zone.tmp'), join(folder, 'a.zone'))
    })
  }
})

test('an editor that moves the old file aside is noticed, and its next save too', async (t) => {
  const { folder, noticed } = await watched(t, withOne)
  for (const name of ['b', 'c']) {
    await noticed(() => {
      renameSync(join(folder, 'a.zone'), join(folder, 'a.zone~'))
      writeFileSync(join(folder, 'a.zone'), `${name}.example\n`)
    })
  }
})

test('a folder that is deleted and made again is watched on', async (t) => {
  const { folder, noticed } = await watched(t, withOne)
  await noticed(() => rmSync(folder, { recursive: true }))
  await noticed(() => {
    mkdirSync(folder)
    withOne(folder)
  })
  await noticed(() => appendFileSync(join(folder, 'a.zone'), 'b.example\n'))
})

test('the ..data swap of a ConfigMap is noticed, again and again', async (t) => {
  const { folder, noticed } = await watched(t, (made) => {
    mkdirSync(join(made, '..1'))
    writeFileSync(join(made, '..1', 'a.zone'), 'a.example\n')
    symlinkSync('..1', join(made, '..data'))
    symlinkSync('..data/a.zone', join(made, 'a.zone'))
  })
  for (const version of ['2', '3']) {
    await noticed(() => {
      mkdirSync(join(folder, `..${version}`))
      writeFileSync(join(folder, `..${version}`, 'a.zone'), `v${version}.example\n`)
      symlinkSync(`..${version}`, join(folder, '..data_tmp'))
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
      rmSync(join(folder, `..${Number(version) - 1}`), { recursive: true })
    })
  }
})

test('what a link leads to is noticed, and what it leads to that takes the place of a file', async (t) => {
  const { folder, changes, noticed } = await watched(t, (made) => {
    withOne(made)
    for (const name of ['first', 'second']) writeFileSync(join(made, '..', name), 'a.example\n')
    symlinkSync('../first', join(made, 'b.zone'))
  })
  await noticed(() => writeFileSync(join(folder, '..', 'first'), 'b.example\n'))
  symlinkSync('../second', join(folder, '.a.zone.tmp'))
  renameSync(join(folder, '.a.zone.tmp'), join(folder, 'a.zone'))
  // The watch is begun anew, which is a look at all files.
  while ((await once(changes, 'change', { signal: AbortSignal.timeout(10_000) }))[0] !== 'all');
  for (const name of ['first', 'second']) await noticed(() => writeFileSync(join(folder, '..', name), 'c.example\n'))
})

test('a burst of changes is one change', async (t) => {
  const { folder, changes, noticed } = await watched(t, withOne)
  await noticed(() => {
    for (let count = 0; count < 50; count++) writeFileSync(join(folder, `${count}.zone`), 'a.example\n')
  })
  let more = 0
  changes.on('change', () => more++)
  await wait(300)
  assert.ok(more <= 1, `${more} more changes`)
})

test('of files that change only these are named; all are looked at again when it has been quiet, in case something was missed', async (t) => {
  const { folder, changes, noticed } = await watched(t, withOne)
  const changed = await noticed(() => {
    writeFileSync(join(folder, 'a.zone'), 'b.example\n')
    writeFileSync(join(folder, 'b.zone'), 'c.example\n')
  })
  assert.deepEqual(changed, new Set([join(folder, 'a.zone'), join(folder, 'b.zone')]))
  assert.deepEqual(await once(changes, 'change', { signal: AbortSignal.timeout(10_000) }), ['all'])
})

test('where something else in the folder changes, any file may say something else', async (t) => {
  const { folder, noticed } = await watched(t, (made) => {
    mkdirSync(join(made, '..1'))
    symlinkSync('..1', join(made, '..data'))
  })
  const changed = await noticed(() => {
    symlinkSync('..1', join(folder, '..data_tmp'))
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
    rmSync(join(folder, '..1'), { recursive: true })
  })
  assert.equal(changed, 'all')
})

test('whoever writes without pause does not keep changes from being noticed', async (t) => {
  const { folder, changes, noticed } = await watched(t, withOne)
  let count = 0
  const writing = setInterval(() => writeFileSync(join(folder, `${count++ % 4}.zone`), `n${count}.example\n`), 10)
  t.after(() => clearInterval(writing))
  await noticed(() => {})
  await noticed(() => {})
  // Nor what the kernel has had no room to tell.
  const deadline = AbortSignal.timeout(10_000)
  while ((await once(changes, 'change', { signal: deadline }))[0] !== 'all');
})

/** Watches the folder, with a line for each look and each warning. */
const WATCHING = `
import { watchZones } from ${JSON.stringify(import.meta.resolve('../../src/zones/watch.ts'))}
const say = (line) => process.stdout.write(line + '\\n')
watchZones({ kind: 'one', folder: process.argv[1] }, () => say('look'), { warn: ({ reason }) => say(reason) })`

for (const [what, prepare, reason] of [
  ['cannot be watched', 'echo 1 > /proc/sys/user/max_inotify_watches', /ENOSPC/g],
  ['are mounted one by one', 'mount --bind "$2/elsewhere" "$2/a.zone"', /mount the folder instead/g],
] as const) {
  test(`files that ${what} are looked at again and again, and a warning says so once`, async (t) => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'watch, without')))
    t.after(() => rmSync(folder, { recursive: true }))
    for (const name of ['a.zone', 'elsewhere']) writeFileSync(join(folder, name), 'a.example\n')
    const script = `${prepare}; exec "$0" --input-type=module --eval "$1" "$2"`
    const words = ['--user', '--map-root-user', '--mount', 'sh', '-ec', script, process.execPath, WATCHING, folder]
    const watching = spawn('unshare', words, { stdio: ['ignore', 'pipe', 'inherit'] })
    t.after(() => watching.kill())
    let said = ''
    watching.stdout.on('data', (piece: Buffer) => (said += piece.toString()))
    // The first two may come of one watch.
    await eventually('it looks again and again', () => said.split('look\n').length > 5)
    assert.equal(said.match(reason)?.length, 1, said)
  })
}
