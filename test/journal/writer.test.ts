import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmdirSync, rmSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { segmentName } from '../../src/journal/folder.ts'
import { createSegments } from '../../src/journal/segments.ts'
import { runCommand } from '../support/namespace.ts'
import { eventually } from '../support/wait.ts'
import { decision, filesOf, linesOf, makePaths, signLog, startJournal, verify, writeLog } from './log.ts'

const eventsOf = (file: string) => linesOf(file).map((line) => (JSON.parse(line) as { event: string }).event)

test('records are written in order, between start and stop, and a restart goes on in the same chain', async (t) => {
  const paths = makePaths(t)
  await writeLog(paths.stream.resolver, 2)
  await writeLog(paths.stream.resolver, 1)
  const [file] = filesOf(paths, 'resolver') as [string]
  const records = linesOf(file).map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.deepEqual(
    records.map(({ seq, event, name, after }) => [seq, event, name ?? after]),
    [
      [1, 'start', 'nothing'],
      [2, 'decision', 'n1.example'],
      [3, 'decision', 'n2.example'],
      [4, 'stop', undefined],
      [5, 'start', 'stop'],
      [6, 'decision', 'n1.example'],
      [7, 'stop', undefined],
    ],
  )
  assert.ok(records.every(({ time }) => Math.abs(Date.parse(String(time)) - Date.now()) < 60_000))
})

test('what is written does not wait until the disk is asked whether all is safe', async (t) => {
  const paths = makePaths(t)
  const journal = startJournal(paths.stream.resolver, { syncSeconds: 3600 })
  t.after(() => journal.close())
  for (const name of ['a.example', 'b.example', 'c.example']) {
    journal.write(decision(name))
    await eventually(`${name} is written`, () => journal.status().waiting === 0)
  }
  assert.equal(journal.status().records, 4)
})

test('who has nothing to write is not woken', async (t) => {
  const paths = makePaths(t)
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  const before = timers()
  const journal = startJournal(paths.stream.resolver, { syncSeconds: 0.001 })
  t.after(() => journal.close())
  journal.write(decision('a.example'))
  await eventually('all is written, and safe', () => journal.status().waiting === 0 && timers() === before)
})

test('after a crash the unfinished line is cut off, the restart says so, and the chain is intact', async (t) => {
  const paths = makePaths(t)
  await writeLog(paths.stream.resolver, 2)
  const [file] = filesOf(paths, 'resolver') as [string]
  const lines = linesOf(file)
  rmSync(file)
  appendFileSync(file, `${lines.slice(0, -1).join('\n')}\n${lines.at(-1)!.slice(0, 17)}`)
  await writeLog(paths.stream.resolver, 0)
  const start = JSON.parse(linesOf(file)[3]!) as Record<string, unknown>
  assert.deepEqual([start.event, start.after, start.torn], ['start', 'crash', 17])
  assert.equal((await verify(paths)).intact, true)
})

test('files are rotated, the oldest are deleted, and what is left is intact', async (t) => {
  const paths = makePaths(t)
  for (let run = 0; run < 5; run++) await writeLog(paths.stream.resolver, 5, { fileOctets: 500, keepFiles: 3 })
  await signLog(paths)
  const files = filesOf(paths, 'resolver')
  assert.equal(files.length, 3)
  assert.ok(eventsOf(files.at(-1)!).includes('discard'))
  const { intact, streams } = await verify(paths)
  assert.equal(intact, true, JSON.stringify(streams))
  assert.ok(streams[0]!.first > 1)
  rmSync(files[0]!)
  assert.equal((await verify(paths)).intact, false)
})

const OPTIONS = { fileOctets: 1 << 20, keepFiles: 9, syncSeconds: 1, onFailure() {}, onRecovery() {} }

/** Where the methods of all open files are. */
async function handlePrototype(folder: string): Promise<FileHandle> {
  const probe = await open(folder)
  await probe.close()
  return Object.getPrototypeOf(probe) as FileHandle
}

test('a file that follows appears when the one before it is on the disk, and its own name is there before anything is written', async (t) => {
  const paths = makePaths(t)
  const folder = paths.stream.resolver
  const handles = await handlePrototype(folder)
  const order: string[] = []
  const pathOf = ({ fd }: FileHandle) => basename(readlinkSync(`/proc/self/fd/${fd}`))
  for (const kind of ['datasync', 'sync'] as const) {
    const original = handles[kind]
    t.mock.method(handles, kind, async function (this: FileHandle) {
      order.push(`${kind} ${pathOf(this)} of ${filesOf(paths, 'resolver').length}`)
      await original.call(this)
    })
  }
  const { segments } = await createSegments({ ...OPTIONS, folder, fileOctets: 1 })
  await segments.append(['"event":"a"'])
  await segments.append(['"event":"b"'])
  await segments.close()
  const [first, second] = [segmentName(1), segmentName(2)]
  assert.deepEqual(order, [`sync resolver of 1`, `datasync ${first} of 1`, `sync resolver of 2`, `datasync ${second} of 2`])
})

test('a file system that syncs no folders is written to all the same', async (t) => {
  const folder = makePaths(t).stream.resolver
  t.mock.method(await handlePrototype(folder), 'sync', () => Promise.reject(Object.assign(new Error('EINVAL'), { code: 'EINVAL' })))
  const { segments } = await createSegments({ ...OPTIONS, folder })
  await segments.append(['"event":"a"'])
  assert.equal(segments.head.seq, 1)
  await segments.close()
})

/** A file system that is full after some records. */
function mountSmall(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'small-'))
  runCommand(['mount', '-t', 'tmpfs', '-o', 'size=8k', 'tmpfs', folder])
  context.after(() => {
    runCommand(['umount', '--lazy', folder])
    rmdirSync(folder)
  })
  return folder
}

test('a full disk holds nobody up: records wait, what finds no room is counted as lost, and the chain stays whole', async (t) => {
  const failures: string[] = []
  const folder = mountSmall(t)
  const journal = startJournal(folder, { fileOctets: 1 << 30, onFailure: (reason) => failures.push(reason) })
  const before = performance.now()
  for (let index = 0; index < 100_000; index++) journal.write(decision(`n${index}.example`))
  assert.ok(performance.now() - before < 2000)
  await eventually('the disk is full', () => journal.failure?.includes('ENOSPC'))
  assert.ok(journal.status().lost > 30_000)
  assert.match(failures.join(), /ENOSPC/)
  runCommand(['mount', '-o', 'remount,size=64m', folder])
  await eventually('it is written again', () => journal.failure === undefined && journal.status().waiting === 0, 20_000)
  const { lost } = journal.status()
  journal.write(decision('later.example'))
  await journal.close()
  const records = readFileSync(join(folder, '000000000001.jsonl'), 'utf8').trim().split('\n')
  const found = records.map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.deepEqual(
    found.map(({ seq }) => seq),
    found.map((_, index) => index + 1),
  )
  const gaps = found.filter(({ event }) => event === 'lost').map(({ records: count }) => Number(count))
  assert.equal(
    gaps.reduce((sum, count) => sum + count, 0),
    lost,
  )
  assert.equal(found.filter(({ event }) => event === 'decision').length, 100_001 - lost)
})

test('long records do not take more memory than many short ones while nothing can be written', async (t) => {
  const paths = makePaths(t)
  const journal = startJournal(join(paths.folder, 'missing'))
  const addresses = Array.from({ length: 4096 }, (_, index) => `2001:db8:${index.toString(16)}::1234:5678`)
  for (let index = 0; index < 1000; index++) journal.write(decision(`n${index}.example`, addresses))
  const { waiting, lost } = journal.status()
  await journal.close()
  assert.equal(waiting + lost, 1000)
  assert.ok(waiting > 100 && waiting * JSON.stringify(addresses).length < 40_000_000, `${waiting} wait`)
})

test('a folder that is not there is a failure that ends when it is', async (t) => {
  const paths = makePaths(t)
  const folder = join(paths.folder, 'later')
  const journal = startJournal(folder)
  await eventually('it cannot be written', () => journal.failure?.includes('ENOENT'))
  journal.write(decision('a.example'))
  mkdirSync(folder)
  await eventually('it is written', () => journal.failure === undefined && journal.status().waiting === 0, 10_000)
  await journal.close()
  assert.deepEqual(eventsOf(join(folder, '000000000001.jsonl')), ['start', 'decision', 'stop'])
})
