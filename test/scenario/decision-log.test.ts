// The decision log of a running gateway: verified, tampered with, and without room to be written.
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { BEGINNING, fieldsOf, linkRecord } from '../../src/journal/chain.ts'
import { journalPaths } from '../../src/journal/folder.ts'
import { filesOf, linesOf, signLog, writeLines, writeLog } from '../journal/log.ts'
import { runCommand } from '../support/namespace.ts'
import type { Sallyport } from '../support/sallyport.ts'
import { assertReachable, assertRefused, startForward } from '../support/scenario.ts'
import { eventually } from '../support/wait.ts'
import { createWorld } from '../support/world.ts'

const NAMES = Array.from({ length: 200 }, (_, index) => `n${index}.new.example`)
const ZONE = 'www.example\n*.new.example\n'

const world = await createWorld(['www.example. 300 IN A 192.0.2.10', ...NAMES.map((name) => `${name}. 300 IN A 192.0.2.11`)])
after(() => world.close())
const { alpha, folder } = world

test('log verify finds what is done to the log of a running gateway, and checkpoints kept elsewhere what is done to all of it', async (t) => {
  const sallyport = await startForward(world, {
    zones: { 'app.zone': ZONE },
    settings: { journal: { folder: './journal', checkpointSeconds: 1, syncSeconds: 1 } },
  })
  t.after(() => sallyport.stop())
  await assertReachable(alpha, 'www.example')
  await alpha.ask('denied.example')
  await assertRefused(alpha.agent, '192.0.2.99')
  const journal = join(sallyport.folder, 'journal')
  await eventually(
    'it is all written',
    () => ['www.example', 'denied.example', '192.0.2.99'].every((text) => logText(journal).includes(text)),
    10_000,
  )
  assert.equal(sallyport.cli('log', 'verify').status, 0)
  await sallyport.stop()

  const kept = join(folder, 'checkpoints')
  const checkpoints = sallyport.cli('log', 'checkpoint')
  assert.equal(checkpoints.status, 0)
  writeFileSync(kept, checkpoints.stdout)
  const key = join(folder, 'key.pub.pem')
  cpSync(journalPaths(journal).publicKey, key)
  const verify = (copy: string, ...words: readonly string[]) => sallyport.cli('log', 'verify', copy, ...words)
  assert.match(verify(journal, '--checkpoint', kept, '--key', key).stdout, /^nothing was changed, removed, moved or cut off/m)

  let copies = 0
  const copy = (): string => {
    const target = join(folder, `copy-${copies++}`)
    cpSync(journal, target, { recursive: true })
    return target
  }
  const fileIn = (target: string) => filesOf(journalPaths(target), 'resolver')[0]!

  for (const fraction of [0.1, 0.5, 0.9]) {
    const changed = copy()
    const octets = readFileSync(fileIn(changed))
    const at = Math.floor(octets.length * fraction)
    octets[at] = octets[at]! ^ 1
    writeFileSync(fileIn(changed), octets)
    const { status, stdout } = verify(changed)
    assert.deepEqual([status, /resolver\/000000000001\.jsonl:\d+: /.test(stdout)], [1, true], stdout)
  }

  const cut = copy()
  truncateSync(fileIn(cut), readFileSync(fileIn(cut)).lastIndexOf('\n', -2) + 1)
  assert.match(verify(cut).stdout, /the end was cut off/)

  const gone = copy()
  rmSync(fileIn(gone))
  assert.equal(verify(gone).status, 1)

  const recomputed = copy()
  recompute(fileIn(recomputed), (line) => line.replace('denied.example', 'agreed.example'))
  assert.match(verify(recomputed).stdout, /the chain was written anew/)

  const forged = join(folder, 'forged')
  const paths = journalPaths(forged)
  for (const stream of Object.values(paths.stream)) mkdirSync(stream, { recursive: true })
  await writeLog(paths.stream.resolver, 3)
  await writeLog(paths.stream.updater, 3)
  await signLog(paths)
  assert.equal(verify(forged).status, 0, 'whoever replaces log, key and checkpoints together is not found inside them')
  assert.equal(verify(forged, '--key', key).status, 1)
  assert.equal(verify(forged, '--checkpoint', kept).status, 1)
})

test('with onFailure: deny nothing is answered that would have to be opened while the disk is full, and all is well when it is not', async (t) => {
  const { sallyport, disk } = await startOnSmallDisk(t, 'deny')
  await assertReachable(alpha, 'www.example')
  fill(disk)
  const failing = await eventually('the disk is full', () => askNew((reply) => reply.rcode === 'SERVFAIL'), 15_000)
  assert.deepEqual(failing.answers, [])
  assert.match(String(failing.edeText), /address not opened/)
  assert.equal((await alpha.ask('denied.example')).rcode, 'NXDOMAIN')
  assert.equal(await alpha.reach('192.0.2.10'), 'connected', 'what is open already stays open')
  assert.match(sallyport.cli('status').stdout, /^nothing can be opened: the decision log cannot be written: .*ENOSPC/m)
  rmSync(join(disk, 'filler'))
  await eventually('names resolve again', () => askNew((reply) => reply.answers.length > 0), 15_000)
  await sallyport.logged(/the decision log is written again/)
  await sallyport.stop()
  assert.equal(sallyport.cli('log', 'verify').status, 0)
})

test('with onFailure: count names resolve on a full disk, and status says that it is', async (t) => {
  const { sallyport, disk } = await startOnSmallDisk(t, 'count')
  fill(disk)
  const said = await eventually(
    'the disk is full',
    async () => {
      // The log's last page takes some records yet.
      for (let count = 0; count < 20; count++) assert.equal((await askNew(() => true))?.rcode, 'NOERROR')
      const { stdout } = sallyport.cli('status', '--part', 'resolver')
      return /^decision log: cannot be written: .*ENOSPC/m.test(stdout) && stdout
    },
    15_000,
  )
  assert.match(said, /records lost$/m)
  assert.equal((await alpha.ask('www.example')).rcode, 'NOERROR')
})

let asked = 0

/** A name that nobody has asked for yet has to be opened; undefined: the reply is not as wanted. */
async function askNew(isWanted: (reply: Awaited<ReturnType<typeof alpha.ask>>) => boolean) {
  const reply = await alpha.ask(NAMES[asked++ % NAMES.length]!)
  return isWanted(reply) ? reply : undefined
}

interface Cleaner {
  after(done: () => unknown): void
}

async function startOnSmallDisk(t: Cleaner, onFailure: 'count' | 'deny'): Promise<{ sallyport: Sallyport; disk: string }> {
  const disk = join(folder, `disk-${onFailure}`)
  mkdirSync(disk)
  runCommand(['mount', '-t', 'tmpfs', '-o', 'size=256k,mode=0755', 'tmpfs', disk])
  const sallyport = await startForward(world, {
    zones: { 'app.zone': ZONE },
    settings: { journal: { folder: join(disk, 'log'), onFailure } },
  })
  t.after(async () => {
    await sallyport.stop()
    runCommand(['umount', '--lazy', disk])
  })
  return { sallyport, disk }
}

function fill(disk: string): void {
  runCommand(['sh', '-c', 'cat /dev/zero >"$0/filler" 2>/dev/null || true', disk])
}

function logText(journal: string): string {
  const files = readdirSync(journal, { recursive: true, encoding: 'utf8' }).filter((name) => /\d+\.jsonl$/.test(name))
  return files.map((name) => readFileSync(join(journal, name), 'utf8')).join('')
}

/** The same records but for a change, with a chain that is right in itself. */
function recompute(file: string, change: (line: string) => string): void {
  let head = BEGINNING
  const lines = linesOf(file).map((line) => {
    const { seq: _seq, prev: _prev, ...record } = JSON.parse(change(line)) as Record<string, unknown>
    const link = linkRecord(head, fieldsOf(record))
    head = link.head
    return link.line
  })
  writeLines(file, lines)
}
