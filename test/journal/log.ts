// A decision log to tamper with: two processes' streams, signed.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type JournalPaths, journalPaths } from '../../src/journal/folder.ts'
import { createNotary } from '../../src/journal/notary.ts'
import type { JournalOptions } from '../../src/journal/options.ts'
import type { JournalRecord, Stream } from '../../src/journal/record.ts'
import { type Verification, verifyJournal } from '../../src/journal/verify.ts'
import { type Journal, openJournal } from '../../src/journal/writer.ts'

export function makePaths(context: TestContext): JournalPaths {
  const folder = mkdtempSync(join(tmpdir(), 'journal-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  const paths = journalPaths(folder)
  for (const each of Object.values(paths.stream)) mkdirSync(each)
  return paths
}

export function startJournal(folder: string, options: Partial<JournalOptions> = {}): Journal {
  const journal = openJournal({
    folder,
    fileOctets: 1 << 20,
    keepFiles: 16,
    syncSeconds: 1,
    onFailure: () => {},
    onRecovery: () => {},
    ...options,
  })
  journal.start()
  return journal
}

/** Signs what is there, once, as a process that starts and stops. Returns what it found broken. */
export async function signLog(paths: JournalPaths): Promise<readonly string[]> {
  const broken: string[] = []
  const notary = createNotary({
    paths,
    seconds: 3600,
    apart: true,
    fileOctets: 1 << 20,
    onCheckpoint: () => {},
    onBreak: (stream, message) => broken.push(`${stream}: ${message}`),
    onFailure: (error) => broken.push(error.message),
  })
  await notary.close()
  return broken
}

export function decision(name: string, addresses: readonly string[] = []): JournalRecord {
  return {
    event: 'decision',
    client: '10.77.0.2',
    name,
    type: 'A',
    verdict: 'deny',
    reason: 'no-rule',
    rules: [],
    revision: '0',
    addresses,
  }
}

/** Writes `count` decisions and closes the log. */
export async function writeLog(folder: string, count: number, options: Partial<JournalOptions> = {}): Promise<void> {
  const journal = startJournal(folder, options)
  for (let index = 1; index <= count; index++) journal.write(decision(`n${index}.example`))
  await journal.close()
}

export function verify(paths: JournalPaths, options: { outside?: string; keyFile?: string } = {}): Promise<Verification> {
  return verifyJournal({ paths, outside: options.outside, keyFile: options.keyFile, onProgress: () => {} })
}

/** The files of a stream, oldest first. */
export function filesOf(paths: JournalPaths, stream: Stream): string[] {
  const names = readdirSync(paths.stream[stream]).filter((name) => /^\d+\.jsonl$/.test(name))
  return names.sort().map((name) => join(paths.stream[stream], name))
}

export function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8').split('\n').slice(0, -1)
}

export function writeLines(file: string, lines: readonly string[]): void {
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''))
}
