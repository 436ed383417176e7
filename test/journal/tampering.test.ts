import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { BEGINNING, fieldsOf, type Head, linkRecord } from '../../src/journal/chain.ts'
import { type JournalPaths, segmentName } from '../../src/journal/folder.ts'
import { lastCheckpoints } from '../../src/journal/notary.ts'
import { filesOf, linesOf, makePaths, signLog, verify, writeLines, writeLog } from './log.ts'

const KEY = fileURLToPath(new URL('../../src/journal/key.ts', import.meta.url))

/** Both streams written and signed; the resolver's in several files. */
async function signedLog(context: TestContext): Promise<JournalPaths> {
  const paths = makePaths(context)
  await writeLog(paths.stream.resolver, 10, { fileOctets: 1 })
  await writeLog(paths.stream.resolver, 10, { fileOctets: 1 })
  await writeLog(paths.stream.resolver, 10, { fileOctets: 1 })
  await writeLog(paths.stream.updater, 5)
  await signLog(paths)
  return paths
}

/** The place and the message of the resolver's fault. */
async function faultOf(paths: JournalPaths): Promise<string> {
  const { intact, streams } = await verify(paths)
  const { fault } = streams[0]!
  assert.equal(intact, fault === undefined)
  return fault === undefined ? '' : `${basename(fault.file)}:${fault.line}: ${fault.message}`
}

/** Every record after the changed one linked anew, as whoever knows how would do it. */
function recompute(files: readonly string[], change: (record: Record<string, unknown>) => object): void {
  let head = BEGINNING
  for (const file of files) {
    const lines = linesOf(file).map((line) => {
      const { seq: _seq, prev: _prev, ...record } = JSON.parse(line) as Record<string, unknown>
      const link = linkRecord(head, fieldsOf(change(record)))
      head = link.head
      return link.line
    })
    writeLines(file, lines)
  }
}

test('a log that nobody touched is intact, and says what that does not show', async (t) => {
  const paths = await signedLog(t)
  const { intact, streams, cannotShow } = await verify(paths)
  assert.equal(intact, true)
  assert.deepEqual(
    streams.map(({ stream, records, first, last, signedThrough }) => [stream, records, first, last, signedThrough]),
    [
      ['resolver', 36, 1, 36, 36],
      ['updater', 7, 1, 7, 7],
    ],
  )
  assert.ok(filesOf(paths, 'resolver').length > 1)
  assert.match(cannotShow.join('\n'), /not cut off together, or replaced with the key: only a checkpoint kept elsewhere/)
})

test('any byte that is changed is found, at its line or the one that refers to it', async (t) => {
  const paths = makePaths(t)
  await writeLog(paths.stream.resolver, 2)
  await signLog(paths)
  const [file] = filesOf(paths, 'resolver') as [string]
  const original = readFileSync(file)
  let line = 1
  for (let offset = 0; offset < original.length; offset++) {
    const changed = Buffer.from(original)
    changed[offset] = changed[offset]! ^ 1
    writeFileSync(file, changed)
    const fault = await faultOf(paths)
    assert.notEqual(fault, '', `octet ${offset} of line ${line}: ${JSON.stringify(String.fromCharCode(original[offset]!))}`)
    if (original[offset] === 0x0a) line++
  }
})

test('a line that is removed, moved or put in is found where it is', async (t) => {
  const paths = await signedLog(t)
  const file = filesOf(paths, 'resolver')[1]!
  const lines = linesOf(file)
  const name = basename(file)
  writeLines(file, lines.toSpliced(3, 1))
  assert.match(await faultOf(paths), new RegExp(`^${name}:4: is record \\d+, expected \\d+: 1 records are missing`))
  writeLines(file, [...lines.slice(0, 3), lines[4]!, lines[3]!, ...lines.slice(5)])
  assert.match(await faultOf(paths), new RegExp(`^${name}:4: is record`))
  writeLines(file, lines.toSpliced(3, 0, lines[2]!))
  assert.match(await faultOf(paths), new RegExp(`^${name}:4: .*put in or moved`))
})

test('a tail that is cut off, in a line or between lines, is found', async (t) => {
  const paths = await signedLog(t)
  const file = filesOf(paths, 'resolver').at(-1)!
  const lines = linesOf(file)
  writeLines(file, lines.slice(0, -2))
  assert.match(await faultOf(paths), /resolver:0: ends with record 34, but checkpoint \d+ of \S+ signed record 36: the end was cut off/)
  writeLines(file, lines)
  truncateSync(file, readFileSync(file).length - 20)
  assert.match(await faultOf(paths), /octets of a line that has no end/)
})

test('a line that is being written while one looks is no fault, and one that was cut off before the last file is', async (t) => {
  const paths = await signedLog(t)
  const files = filesOf(paths, 'resolver')
  appendFileSync(files.at(-1)!, '{"seq":37,"pre')
  assert.equal(await faultOf(paths), '')
  assert.equal((await verify(paths)).streams[0]!.last, 36)
  truncateSync(files[0]!, readFileSync(files[0]!).length - 1)
  assert.match(await faultOf(paths), /octets of a line that has no end/)
})

test('a deleted file is found: the first, one in the middle, the last, all of them', async (t) => {
  const paths = await signedLog(t)
  const files = filesOf(paths, 'resolver')
  const last = files.length - 1
  for (const [index, expected] of [
    [0, /records before it are missing, and no record says that they were discarded/],
    [1, /\d+ records are missing/],
    [last, /the end was cut off/],
  ] as const) {
    const copy = `${files[index]}.kept`
    copyFileSync(files[index]!, copy)
    rmSync(files[index]!)
    assert.match(await faultOf(paths), expected)
    copyFileSync(copy, files[index]!)
    rmSync(copy)
    assert.equal(await faultOf(paths), '')
  }
  for (const file of files) rmSync(file)
  assert.match(await faultOf(paths), /ends with record 0, but checkpoint/)
  for (const file of [...filesOf(paths, 'updater'), paths.checkpoints]) rmSync(file)
  assert.match((await verify(paths)).faults.map(({ message }) => message).join(), /^holds no decision log/)
})

test('a chain that was computed anew is found by its checkpoint', async (t) => {
  const paths = await signedLog(t)
  recompute(filesOf(paths, 'resolver'), (record) => (record.name === 'n3.example' ? { ...record, verdict: 'allow' } : record))
  assert.match(await faultOf(paths), /:\d+: is not the record 36 that checkpoint \d+ signed: the chain was written anew/)
})

test('a discard record that was invented to explain a deleted file is found', async (t) => {
  const paths = await signedLog(t)
  const [first, ...rest] = filesOf(paths, 'resolver') as [string, ...string[]]
  const through = (JSON.parse(linesOf(rest[0]!)[0]!) as { seq: number }).seq - 1
  rmSync(first)
  const lines = linesOf(rest.at(-1)!)
  const { seq } = JSON.parse(lines.at(-1)!) as { seq: number }
  const { hash } = linkRecord(BEGINNING, fieldsOf({})).head
  appendFileSync(rest.at(-1)!, `${JSON.stringify({ seq: seq + 1, prev: hash, event: 'discard', through })}\n`)
  assert.match(await faultOf(paths), /holds another hash/)
})

test('a checkpoint that is changed, removed or signed by another key is found', async (t) => {
  const paths = await signedLog(t)
  await writeLog(paths.stream.resolver, 1)
  await signLog(paths)
  const lines = linesOf(paths.checkpoints)
  assert.equal(lines.length, 3)
  const faults = async () => (await verify(paths)).faults.map(({ line, message }) => `${line}: ${message}`).join()
  writeLines(paths.checkpoints, [lines[0]!.replace('"seq":36', '"seq":35'), ...lines.slice(1)])
  assert.match(await faults(), /^1: its signature is wrong/)
  writeLines(paths.checkpoints, [lines[0]!, lines[2]!])
  assert.match(await faults(), /^2: is checkpoint 3: one before it is missing/)
  writeLines(paths.checkpoints, lines)
  const other = makePaths(t)
  await writeLog(other.stream.resolver, 1)
  await signLog(other)
  cpSync(other.publicKey, paths.publicKey)
  assert.match(await faults(), /^1: was signed by key [0-9a-f]{16}, not by [0-9a-f]{16}/)
})

test('log, checkpoints and key replaced together are found by a checkpoint and a key kept elsewhere, and only by them', async (t) => {
  const paths = await signedLog(t)
  const outside = join(paths.folder, 'kept-elsewhere')
  const keyFile = join(paths.folder, 'key-kept-elsewhere')
  writeFileSync(outside, `${(await lastCheckpoints(paths)).join('\n')}\n`)
  copyFileSync(paths.publicKey, keyFile)
  assert.equal((await verify(paths, { outside, keyFile })).intact, true)
  for (const file of [paths.checkpoints, paths.privateKey, paths.publicKey]) rmSync(file)
  recompute(filesOf(paths, 'resolver'), (record) => ({ ...record, ...(record.name === 'n3.example' ? { name: 'x.example' } : {}) }))
  await signLog(paths)
  assert.equal((await verify(paths)).intact, true)
  assert.match((await verify(paths)).cannotShow.join(), /only a checkpoint kept elsewhere shows it/)
  const found = await verify(paths, { outside, keyFile })
  assert.equal(found.intact, false)
  assert.match(found.streams[0]!.fault!.message, /is not the record 36 that checkpoint \d+ signed/)
})

test('the notary does not sign a chain that is not what it signed before, and says so', async (t) => {
  const paths = await signedLog(t)
  recompute(filesOf(paths, 'resolver'), (record) => ({ ...record, client: '10.0.0.1' }))
  await writeLog(paths.stream.resolver, 1)
  assert.match((await signLog(paths)).join(), /resolver: .*record 36 is not the one that was signed/)
})

test('a file that was to be deleted and, after a crash, is still there is no missing record', async (t) => {
  const paths = makePaths(t)
  const folder = paths.stream.resolver
  const line = (head: Head, record: object) => linkRecord(head, fieldsOf({ time: '2026-01-01T00:00:00.000Z', ...record }))
  const second = line({ seq: 1, hash: 'of the first' }, { event: 'stop' })
  const third = line(second.head, { event: 'discard', file: segmentName(1), through: 1 })
  const fourth = line(third.head, { event: 'discard', file: segmentName(2), through: 2 })
  writeLines(join(folder, segmentName(2)), [second.line])
  writeLines(join(folder, segmentName(3)), [third.line, fourth.line])
  assert.equal(await faultOf(paths), '')
  rmSync(join(folder, segmentName(2)))
  assert.equal(await faultOf(paths), '')
  assert.match((await verify(paths)).cannotShow.join('\n'), /^resolver: what records 1 to 2 said: they were deleted/m)
  writeLines(join(folder, segmentName(3)), [line(second.head, { event: 'stop' }).line])
  assert.match(await faultOf(paths), /no record says that they were discarded/)
})

test('a resolver that makes its files unreadable does not keep the updater from signing its own', async (t) => {
  const paths = await signedLog(t)
  await writeLog(paths.stream.updater, 1)
  symlinkSync('/etc/passwd', join(paths.stream.resolver, segmentName(1000)))
  assert.match((await signLog(paths)).join(), /is a symbolic link/)
  assert.equal((JSON.parse((await lastCheckpoints(paths)).find((line) => line.includes('"updater"'))!) as Head).seq, 10)
})

test('what keeps everything from being signed is told once', async (t) => {
  const paths = makePaths(t)
  for (const stream of Object.values(paths.stream)) await writeLog(stream, 1)
  mkdirSync(paths.privateKey)
  assert.equal((await signLog(paths)).length, 1)
  rmSync(paths.privateKey, { recursive: true })
  mkdirSync(paths.checkpoints)
  assert.equal((await signLog(paths)).length, 1)
})

test('a disk that is full when the key is made leaves no half of one', async (t) => {
  const paths = await signedLog(t)
  const keys = [paths.privateKey, paths.publicKey]
  for (const file of keys) rmSync(file)
  const script = `import { loadSigningKey } from ${JSON.stringify(KEY)}; loadSigningKey(JSON.parse(process.argv[1]))`
  // A limit that no octet of a file is below.
  const words = ['-c', 'ulimit -f 0; exec "$0" --input-type=module --eval "$1" -- "$2"', process.execPath, script, JSON.stringify(paths)]
  const { stderr } = spawnSync('sh', words, { encoding: 'utf8' })
  assert.match(stderr, /EFBIG/)
  assert.deepEqual(
    readdirSync(dirname(paths.privateKey)).filter((name) => name.includes('key')),
    [],
  )
})
