// The decision log goes elsewhere whole: to a server that reads OTLP, and to a real rsyslog.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { followLine, type Head } from '../../src/journal/chain.ts'
import type { JournalPaths } from '../../src/journal/folder.ts'
import { readCursor, writeCursor } from '../../src/journal/ship/cursor.ts'
import { encodeLogs } from '../../src/journal/ship/otlp.ts'
import { formatMessage } from '../../src/journal/ship/syslog.ts'
import { type Certificate, createCertificate } from '../support/certificate.ts'
import { PROGRAM } from '../support/sallyport.ts'
import { eventually } from '../support/wait.ts'
import { decision, filesOf, linesOf, makePaths, startJournal, writeLines, writeLog } from './log.ts'

interface Value {
  readonly stringValue?: string
  readonly intValue?: string
}

interface LogRecord {
  readonly timeUnixNano: string
  readonly severityNumber: number
  readonly body: Value
  readonly attributes: readonly { readonly key: string; readonly value: Value }[]
}

interface Export {
  readonly resourceLogs: readonly { readonly scopeLogs: readonly { readonly logRecords: readonly LogRecord[] }[] }[]
}

/** A collector that answers with what `statuses` still holds, then with 200. */
async function startCollector(t: TestContext, statuses: number[] = []) {
  const records: LogRecord[] = []
  const server = createServer(async (query, response) => {
    assert.deepEqual([query.method, query.url, query.headers['content-type']], ['POST', '/v1/logs', 'application/json'])
    let body = ''
    for await (const chunk of query) body += String(chunk)
    const status = statuses.shift() ?? 200
    const { resourceLogs } = JSON.parse(body) as Export
    if (status === 200) records.push(...resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords)))
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { records, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

function ship(
  t: TestContext,
  ...words: readonly string[]
): { readonly ended: Promise<number>; readonly said: () => string; readonly child: ChildProcess } {
  const child = spawn(PROGRAM, ['log', 'ship', ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
  }
  return { child, said: () => text, ended: once(child, 'close').then(([code]) => code as number) }
}

const textOf = ({ attributes }: LogRecord, key: string) => attributes.find((attribute) => attribute.key === key)?.value.stringValue
const bodies = (records: readonly LogRecord[], stream: string) =>
  records.filter((record) => textOf(record, 'sallyport.stream') === stream).map(({ body }) => body.stringValue!)
const written = (paths: JournalPaths, stream: 'resolver' | 'updater') => filesOf(paths, stream).flatMap(linesOf)

test('an OTLP collector gets every record of both streams once, as it was written, and the chain can be followed there', async (t) => {
  const paths = makePaths(t)
  await writeLog(paths.stream.resolver, 700, { fileOctets: 40_000 })
  await writeLog(paths.stream.updater, 3)
  const { records, url } = await startCollector(t)
  const { ended, said } = ship(t, url, paths.folder, '--once')
  assert.equal(await ended, 0, said())
  assert.match(said(), /^sent 707 records$/m)
  assert.deepEqual(bodies(records, 'resolver'), written(paths, 'resolver'))
  assert.deepEqual(bodies(records, 'updater'), written(paths, 'updater'))
  let head: Head | undefined
  for (const line of bodies(records, 'resolver')) {
    const link = followLine(head, Buffer.from(line))
    assert.equal(link.kind, 'link')
    if (link.kind === 'link') head = link.head
  }
  const denied = records.find((record) => textOf(record, 'sallyport.name') === 'n7.example')!
  assert.deepEqual(
    [denied.severityNumber, textOf(denied, 'sallyport.verdict'), textOf(denied, 'sallyport.client')],
    [13, 'deny', '10.77.0.2'],
  )
  assert.ok(Math.abs(Number(BigInt(denied.timeUnixNano) / 1_000_000n) - Date.now()) < 60_000)
})

test('it goes on where it was left', async (t) => {
  const paths = makePaths(t)
  await writeLog(paths.stream.resolver, 2)
  const first = await startCollector(t)
  assert.equal(await ship(t, first.url, paths.folder, '--once').ended, 0)
  await writeLog(paths.stream.resolver, 1)
  const second = await startCollector(t)
  assert.equal(await ship(t, second.url, paths.folder, '--once').ended, 0)
  assert.deepEqual([first.records.length, second.records.length], [4, 3])
  assert.deepEqual([...bodies(first.records, 'resolver'), ...bodies(second.records, 'resolver')], written(paths, 'resolver'))
})

test('it follows the log as it grows, and sends again what a collector in trouble did not take', async (t) => {
  const paths = makePaths(t)
  const { records, url } = await startCollector(t, [503])
  const journal = startJournal(paths.stream.resolver)
  const { child, ended, said } = ship(t, url, paths.folder)
  await eventually('the trouble is told', () => /status 503 .*; trying again/.test(said()), 10_000)
  await eventually('the first record', () => records.length === 1, 10_000)
  journal.write(decision('late.example'))
  await eventually('the late one', () => records.some((record) => textOf(record, 'sallyport.name') === 'late.example'), 10_000)
  await journal.close()
  child.kill('SIGTERM')
  assert.equal(await ended, 0)
  assert.deepEqual(bodies(records, 'resolver'), written(paths, 'resolver').slice(0, records.length))
})

test('a collector that refuses for good, a destination that is none, and a log that was tampered with each end it', async (t) => {
  const paths = makePaths(t)
  await writeLog(paths.stream.resolver, 1)
  const { url } = await startCollector(t, [400])
  const refused = ship(t, url, paths.folder)
  assert.deepEqual([await refused.ended, /status 400/.test(refused.said())], [1, true], refused.said())
  const nowhere = ship(t, 'udp://192.0.2.1:514', paths.folder)
  assert.equal(await nowhere.ended, 2)
  assert.match(nowhere.said(), /expected http:\/\/.* got "udp:\/\/192\.0\.2\.1:514"/)
  writeLines(filesOf(paths, 'resolver')[0]!, ['{"seq":1,"prev":"","ev'])
  const torn = ship(t, url, paths.folder, '--once')
  assert.equal(await torn.ended, 2)
  assert.match(torn.said(), /000000000001\.jsonl: a line is no record; "sallyport log verify" says more/)
})

test('a time that is none becomes no part of a header, and what is wrong with one log does not keep the other from being sent', async (t) => {
  const { records, url } = await startCollector(t)
  const paths = makePaths(t)
  await writeLog(paths.stream.updater, 3)
  const forged = { seq: 1, prev: '', time: '- host sshd 1 - - Accepted password for root', event: 'decision' }
  const line = { seq: 1, hash: '', text: JSON.stringify(forged), record: forged }
  assert.match(formatMessage('resolver', line), /^<110>1 - \S+ sallyport - resolver - \{/)
  assert.match(JSON.stringify(encodeLogs('resolver', [line])), /"timeUnixNano":"0"/)
  writeLines(join(paths.stream.resolver, '000000000001.jsonl'), [line.text, 'no record'])
  const { ended, said } = ship(t, url, paths.folder, '--once')
  assert.equal(await ended, 2, said())
  assert.match(said(), /a line is no record/)
  assert.deepEqual(bodies(records, 'updater'), written(paths, 'updater'))
  assert.deepEqual(bodies(records, 'resolver'), [line.text], 'what stands before it')
})

test('what was deleted before it was sent is told', async (t) => {
  const paths = makePaths(t)
  const { records, url } = await startCollector(t)
  await writeLog(paths.stream.resolver, 2)
  assert.equal(await ship(t, url, paths.folder, '--once').ended, 0)
  const journal = startJournal(paths.stream.resolver, { fileOctets: 4096, keepFiles: 2 })
  for (let round = 0; round < 40; round++) {
    for (let index = 0; index < 20; index++) journal.write(decision(`n${round}-${index}.example`))
    const target = 5 + 20 * (round + 1)
    await eventually('it is written', () => journal.status().records >= target)
  }
  await journal.close()
  const again = ship(t, url, paths.folder, '--once')
  assert.equal(await again.ended, 0)
  const missed = Number(/^sallyport: (\d+) records of the resolver were deleted before they were sent$/m.exec(again.said())?.[1])
  assert.deepEqual(bodies(records.slice(4), 'resolver'), written(paths, 'resolver'))
  assert.equal(4 + missed + 1, JSON.parse(written(paths, 'resolver')[0]!).seq)
})

test('a log that was wiped, shortened or replaced since it was sent is told, and what it holds now is sent', async (t) => {
  const paths = makePaths(t)
  await writeLog(paths.stream.resolver, 6)
  const first = await startCollector(t)
  assert.equal(await ship(t, first.url, paths.folder, '--once').ended, 0)
  const [file] = filesOf(paths, 'resolver') as [string]
  const lines = linesOf(file)
  const changes: readonly (() => unknown)[] = [
    () => rmSync(file),
    () => writeLog(paths.stream.resolver, 1),
    () => writeLines(file, linesOf(file).slice(0, -1)),
    () => writeLines(file, lines),
  ]
  for (const change of changes) {
    await change()
    const { records, url } = await startCollector(t)
    const { ended, said } = ship(t, url, paths.folder, '--once')
    assert.equal(await ended, 0)
    assert.match(said(), /^sallyport: the log of the resolver is not the one that was sent before: it was wiped/m, String(change))
    assert.deepEqual(bodies(records, 'resolver'), filesOf(paths, 'resolver').flatMap(linesOf), String(change))
  }
})

test('a log that is wiped while it is sent is told', async (t) => {
  const paths = makePaths(t)
  await writeLog(paths.stream.resolver, 6)
  const { records, url } = await startCollector(t)
  const { said } = ship(t, url, paths.folder)
  await eventually('all is sent', () => records.length === 8, 10_000)
  rmSync(filesOf(paths, 'resolver')[0]!)
  await writeLog(paths.stream.resolver, 2)
  await eventually('the new log is sent', () => records.length === 12, 10_000)
  assert.match(said(), /^sallyport: the log of the resolver is not the one that was sent before/m)
})

test('records that were changed after they were written are sent as they are, once, for whoever checks the chain there', async (t) => {
  const paths = makePaths(t)
  await writeLog(paths.stream.resolver, 1200)
  const [file] = filesOf(paths, 'resolver') as [string]
  const change = (name: string) => writeFileSync(file, readFileSync(file, 'utf8').replace(`"${name}.example"`, '"x.example"'))
  for (const name of ['n20', 'n700']) change(name)
  const first = await startCollector(t)
  const { ended, said } = ship(t, first.url, paths.folder, '--once')
  assert.equal(await ended, 0, said())
  assert.deepEqual(bodies(first.records, 'resolver'), written(paths, 'resolver'))
  change('n30')
  await writeLog(paths.stream.resolver, 1)
  const second = await startCollector(t)
  const again = ship(t, second.url, paths.folder, '--once')
  assert.equal(await again.ended, 0, again.said())
  assert.deepEqual(bodies(second.records, 'resolver'), written(paths, 'resolver').slice(-3))
  assert.doesNotMatch(said() + again.said(), /is not the one/)
})

/** Writes what it takes, line for line, into a file. Its certificate is trusted by whoever is given that. */
async function startRsyslog(t: TestContext, { folder }: JournalPaths, certificate?: Certificate) {
  const [config, port, taken] = [join(folder, 'rsyslog.conf'), 20_000 + (process.pid % 20_000), join(folder, 'taken')]
  const tls = certificate === undefined ? '' : 'StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon"'
  const files = { CAFile: certificate?.file, CertFile: certificate?.file, KeyFile: certificate?.key }
  writeFileSync(
    config,
    [
      ...(certificate === undefined ? [] : Object.entries(files).map(([key, file]) => `global(DefaultNetstreamDriver${key}="${file}")`)),
      `module(load="imtcp" ${tls})`,
      `input(type="imtcp" address="127.0.0.1" port="${port}")`,
      'template(name="line" type="string" string="%syslogfacility% %syslogseverity% %app-name% %msgid% %msg%\\n")',
      '$MaxMessageSize 64k',
      `if $syslogfacility == 13 then action(type="omfile" file="${taken}" template="line")`,
    ].join('\n'),
  )
  const rsyslog = spawn('rsyslogd', ['-n', '-f', config, '-i', join(folder, 'rsyslog.pid')], { stdio: ['ignore', 'inherit', 'pipe'] })
  let said = ''
  rsyslog.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  t.after(async () => {
    rsyslog.kill('SIGKILL')
    await once(rsyslog, 'exit')
  })
  await eventually('rsyslog listens', () => spawnSync('sh', ['-c', `ss -Hltn sport = :${port} | grep -q .`]).status === 0)
  return { port, taken: () => (existsSync(taken) ? linesOf(taken) : []), said: () => said }
}

for (const protocol of ['tcp', 'tls'] as const) {
  test(`a real rsyslog takes it over ${protocol}, line for line, with facility and severity`, async (t) => {
    const paths = makePaths(t)
    await writeLog(paths.stream.resolver, 50)
    const certificate = protocol === 'tls' ? createCertificate(['localhost'], []) : undefined
    t.after(() => certificate?.remove())
    const rsyslog = await startRsyslog(t, paths, certificate)
    const destination = `${protocol}://localhost:${rsyslog.port}`
    if (certificate !== undefined) {
      const stranger = ship(t, destination, paths.folder, '--once')
      assert.deepEqual([await stranger.ended, /self-signed certificate/.test(stranger.said())], [1, true], stranger.said())
      assert.deepEqual(rsyslog.taken(), [])
      process.env.NODE_EXTRA_CA_CERTS = certificate.file
    }
    const { ended, said } = ship(t, destination, paths.folder, '--once')
    delete process.env.NODE_EXTRA_CA_CERTS
    assert.equal(await ended, 0, said())
    const lines = await eventually('rsyslog has written them', () => rsyslog.taken().length === 52 && rsyslog.taken())
    assert.deepEqual(
      lines,
      written(paths, 'resolver').map((line) => `13 ${line.includes('"deny"') ? 4 : 6} sallyport resolver ${line}`),
    )
    assert.ok(lines.at(-2)!.includes('"n50.example"'))
    // The one that did not trust it broke off.
    assert.ok((rsyslog.said().match(/non-properly terminated/g) ?? []).length <= 1, rsyslog.said())
  })
}

test('what somebody has put in the way of the cursor is not followed', (t) => {
  const { folder } = makePaths(t)
  const [file, other] = [join(folder, 'shipped.json'), join(folder, 'other')]
  writeFileSync(other, 'precious')
  symlinkSync(other, `${file}.next`)
  const cursor = { resolver: { seq: 1, hash: 'a' }, updater: { seq: 2, hash: 'b' } }
  writeCursor(file, cursor)
  assert.equal(readFileSync(other, 'utf8'), 'precious')
  assert.deepEqual(readCursor(file), cursor)
})

test('a cursor that is none says so, and what comes of removing it', (t) => {
  const file = join(makePaths(t).folder, 'shipped.json')
  for (const text of ['null', '{"resolver":1,"updater":2}', '{"resolver":{"seq":1,"hash":"a"}}', '{']) {
    writeFileSync(file, text)
    assert.throws(() => readCursor(file), /shipped\.json.*without it, all is sent again/, text)
  }
})
