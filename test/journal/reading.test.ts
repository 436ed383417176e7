import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdirSync, symlinkSync, truncateSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { createCatalogue } from '../../src/audit/catalogue.ts'
import { segmentName } from '../../src/journal/folder.ts'
import { createReader } from '../../src/journal/reading.ts'
import type { JournalRecord, Stream } from '../../src/journal/record.ts'
import { contacted, decided } from '../audit/recorded.ts'
import { makePaths, writeLines } from './log.ts'

const JOINED: JournalRecord = {
  event: 'client',
  change: 'joined',
  client: 'reviewer-8',
  addresses: ['10.77.8.2'],
  interfaces: [],
  zones: 'api.example\t443\nwww.example\n',
  zonesSha256: '',
  by: null,
}

const GOOD: readonly [Stream, JournalRecord][] = [
  ['resolver', decided('www.example', '192.0.2.1')],
  ['resolver', decided('odd\\032name.example', undefined, { client: '2001:db8::7', type: 'TYPE65280' })],
  ['updater', contacted('192.0.2.1', 'tcp/443', { names: ['www.example'] })],
  ['updater', contacted('192.0.2.2', 'tcp/443', { packets: null, octets: null })],
  ['updater', contacted('192.0.2.3', 'tcp/0', { verdict: 'deny' })],
  ['updater', JOINED],
  ['resolver', { event: 'policy', revision: 'a96a5479479064d7', entries: 3 }],
]

/** What whoever has taken over the resolver, or made the folder, could write. */
const FORGED: readonly [Stream, object][] = [
  ['resolver', decided('www.example any\nevil.example', '192.0.2.1')],
  ['resolver', decided('www.example any', '192.0.2.1')],
  ['resolver', decided('WWW.example', '192.0.2.1')],
  ['resolver', decided('a.example', '192.0.2.1', { type: 'SRV\nevil.example' })],
  ['resolver', decided('a.example', '192.0.2.1', { client: 'a b' })],
  ['resolver', decided('a.example', '192.0.2.1', { reason: '\u001b]0;owned\u0007' })],
  ['resolver', decided('a.example', '192.0.2.1', { rules: [{ file: '/zones/\u009b2J.zone', line: 1 }] })],
  ['resolver', decided('a.example', 'evil.example any')],
  ['resolver', decided('a.example', '192.0.2.1', { rules: [{ file: '/zones/\u202eenoz.zone', line: 1 }] })],
  ['resolver', decided('a.example', '192.0.2.1', { rules: [{ file: '/zones/a.zone', line: '1' } as never] })],
  ['resolver', decided('a.example', '192.0.2.1', { verdict: 'maybe' as never })],
  ['resolver', { event: 'policy', revision: { toString: 'x' }, entries: 1 }],
  ['resolver', { event: 'crowded', kind: 'begun', family: 4, listed: 1 }],
  ['resolver', JOINED],
  ['resolver', { event: 'lost', records: -5, reason: 'none' }],
  ['resolver', { event: 'unlisted', questions: '1' }],
  ['resolver', { event: 'unrecorded', client: 'alpha', screened: -1 }],
  ['updater', { event: 'crowded', kind: 'nothing', family: 4, listed: 1 }],
  ['resolver', { ...decided('a.example', undefined), addresses: undefined }],
  ['resolver', { ...decided('a.example', undefined), event: 'asked', count: '1' }],
  ['resolver', contacted('192.0.2.9', 'tcp/443', { names: ['evil.example'] })],
  ['updater', contacted('192.0.2.9', 'tcp/443\nevil.example')],
  ['updater', contacted('192.0.2.9', 'tcp/65536')],
  ['updater', contacted('192.0.2.9', 'tcp/443', { names: ['evil.example any'] })],
  ['updater', contacted('192.0.2.9', 'tcp/443', { octets: -1 })],
  ['updater', contacted('192.0.2.9', 'tcp/443', { octets: '1' as never })],
]

test('what is no record as we write them reaches nobody who reads the log, and is counted', async (t) => {
  const paths = makePaths(t)
  for (const stream of ['resolver', 'updater'] as const) {
    const records = [...FORGED, ...GOOD].filter(([each]) => each === stream).map(([, record]) => record)
    const lines = records.map((record, index) => JSON.stringify({ seq: index + 1, prev: '', time: '2026-01-01T00:00:00.000Z', ...record }))
    writeLines(join(paths.stream[stream], segmentName(1)), lines)
  }
  const catalogue = createCatalogue()
  const reader = createReader({ folders: paths.stream })
  await reader.advance(catalogue.take)
  assert.equal(
    reader.unread.reduce((sum, { lines }) => sum + lines, 0),
    FORGED.length,
  )
  assert.deepEqual(
    [...catalogue.lookups].map(({ client, name }) => `${client} ${name}`),
    ['alpha www.example', '2001:db8::7 odd\\032name.example'],
  )
  assert.deepEqual(
    [...catalogue.flows].map(({ address }) => address),
    ['192.0.2.1', '192.0.2.2', '192.0.2.3'],
  )
})

test('a record that is deeper than a function may call itself keeps nobody from reading the others', async (t) => {
  const paths = makePaths(t)
  const time = '2026-01-01T00:00:00.000Z'
  const deep = `{"seq":1,"prev":"","time":"${time}","event":"stop","deep":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
  const [, decision] = GOOD[0]!
  writeLines(join(paths.stream.resolver, segmentName(1)), [deep, JSON.stringify({ seq: 2, prev: '', time, ...decision })])
  const catalogue = createCatalogue()
  const reader = createReader({ folders: paths.stream })
  await reader.advance(catalogue.take)
  assert.deepEqual([reader.unread.map(({ lines }) => lines), [...catalogue.lookups].length], [[1], 1])
})

test('a line that is too long, a link or a pipe keeps nobody from reading the rest, and is told with its file', async (t) => {
  const paths = makePaths(t)
  const [, record] = GOOD[0]!
  const line = JSON.stringify({ seq: 1, prev: '', time: '2026-01-01T00:00:00.000Z', ...record })
  const [long, link, pipe, sound] = [1, 10, 20, 30].map((first) => join(paths.stream.resolver, segmentName(first))) as [
    string,
    string,
    string,
    string,
  ]
  writeLines(long, [line, 'x'.repeat(3 << 20), line, `"${'y'.repeat(2 << 20)}"`, line])
  symlinkSync('/nowhere', link)
  spawnSync('mkfifo', [pipe])
  writeLines(sound, [line])
  let taken = 0
  const progress: [number, number][] = []
  const reader = createReader({ folders: paths.stream, onProgress: (read, all) => progress.push([read, all]) })
  await reader.advance(() => taken++)
  const expected = [
    { file: long, lines: 2, reason: null },
    { file: link, lines: 0, reason: `${link} is a symbolic link` },
    { file: pipe, lines: 0, reason: `${pipe} is no file` },
  ]
  assert.deepEqual([taken, reader.unread], [4, expected])
  assert.ok(progress.every(([read, all]) => read <= all))
  appendFileSync(sound, `${'z'.repeat(2 << 20)}`)
  await reader.advance(() => taken++)
  assert.deepEqual([taken, reader.unread], [4, expected], 'what has no end is no line yet')
  appendFileSync(sound, `\n${line}\n`)
  await reader.advance(() => taken++)
  assert.deepEqual([taken, reader.unread.at(-1)], [5, { file: sound, lines: 1, reason: null }])
})

test('a socket in the place of a file, or a file of octets without end that takes none of the disk, keeps nobody from reading the rest', async (t) => {
  const paths = makePaths(t)
  const [, record] = GOOD[0]!
  const line = JSON.stringify({ seq: 1, prev: '', time: '2026-01-01T00:00:00.000Z', ...record })
  const [socket, endless, sound] = [1, 10, 20].map((first) => join(paths.stream.resolver, segmentName(first))) as [string, string, string]
  mkdirSync(paths.stream.resolver, { recursive: true })
  const server = createServer().listen(socket)
  await once(server, 'listening')
  t.after(() => server.close())
  writeLines(endless, [line])
  truncateSync(endless, 2 ** 43)
  writeLines(sound, [line])
  let taken = 0
  const reader = createReader({ folders: paths.stream })
  await reader.advance(() => taken++)
  assert.deepEqual(
    [taken, reader.unread],
    [
      2,
      [
        { file: socket, lines: 0, reason: `${socket} is no file` },
        { file: endless, lines: 0, reason: `${endless}: a line is longer than 1048576 octets` },
      ],
    ],
  )
})
