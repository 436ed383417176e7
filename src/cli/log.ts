// `sallyport log`: is the decision log what was written?

import type { Command } from 'commander'
import { type JournalPaths, journalPaths } from '../journal/folder.ts'
import { KeyError } from '../journal/key.ts'
import { ForeignError } from '../journal/lines.ts'
import { lastCheckpoints } from '../journal/notary.ts'
import { type Fault, type StreamReport, type Verification, verifyJournal } from '../journal/verify.ts'
import { CommandError, EXIT, type GlobalOptions, loadConfig, print, printJson } from './context.ts'
import { addShip } from './log-ship.ts'

interface VerifyOptions extends GlobalOptions {
  readonly checkpoint?: string
  readonly key?: string
  readonly json?: boolean
}

const VERIFY_HELP = `
The updater signs, at intervals, how far the log has come. Whoever can write all of the log's folder can replace log, checkpoints and key together,
so keep checkpoints and the public key elsewhere:
  sallyport log checkpoint >>/elsewhere/checkpoints
  sallyport log verify --checkpoint /elsewhere/checkpoints --key /elsewhere/key.pub.pem
`

export function addLog(program: Command): void {
  const log = program.command('log').description('the decision log: who asked for what, what was opened, what was contacted')
  log
    .command('verify [folder]')
    .description('shows that nothing in the decision log was changed, removed, moved or cut off, or finds the first place where it was')
    .option('--checkpoint <file>', 'checkpoints that were kept elsewhere')
    .option('--key <file>', 'the public key, kept elsewhere')
    .option('--json', 'prints the outcome for machines')
    .addHelpText('after', VERIFY_HELP)
    .action(async (folder: string | undefined, _options: object, command: Command) => {
      const options = command.optsWithGlobals<VerifyOptions>()
      const verification = await verify(pathsOf(folder, options), options)
      if (options.json) printJson(verification)
      else for (const line of describe(verification)) print(line)
      process.exitCode = verification.intact ? EXIT.yes : EXIT.no
    })
  log
    .command('checkpoint [folder]')
    .description('prints the last signed checkpoint of each process, to be kept elsewhere')
    .action(async (folder: string | undefined, _options: object, command: Command) => {
      const lines = await lastCheckpoints(pathsOf(folder, command.optsWithGlobals<GlobalOptions>()))
      for (const line of lines) print(line)
      process.exitCode = lines.length > 0 ? EXIT.yes : EXIT.no
    })
  addShip(log)
}

export function pathsOf(folder: string | undefined, options: GlobalOptions): JournalPaths {
  return journalPaths(folder ?? loadConfig(options).journal.folder)
}

async function verify(paths: JournalPaths, { checkpoint, key }: VerifyOptions): Promise<Verification> {
  try {
    return await verifyJournal({ paths, outside: checkpoint, keyFile: key, onProgress: showRecords })
  } catch (error) {
    const isExpected = error instanceof KeyError || error instanceof ForeignError || (error instanceof Error && 'code' in error)
    if (isExpected) throw new CommandError(error.message, { cause: error })
    throw error
  }
}

/** On a terminal only, and gone with the next line. */
export function showRecords(records: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${records} records …\r\x1b[K`)
}

function describe({ intact, streams, faults, cannotShow }: Verification): readonly string[] {
  return [
    ...streams.map(describeStream),
    ...[...faults, ...streams.flatMap(({ fault }) => fault ?? [])].map(formatFault),
    intact ? 'nothing was changed, removed, moved or cut off, as far as the checkpoints reach' : 'the log is not what was written',
    'this does not show:',
    ...cannotShow.map((limit) => `  ${limit}`),
  ]
}

function describeStream({ stream, records, first, last, signedThrough }: StreamReport): string {
  if (records === 0) return `${stream}: no records`
  return `${stream}: ${records} records, ${first} to ${last}, signed through ${signedThrough}`
}

function formatFault({ file, line, message }: Fault): string {
  return `${file}${line > 0 ? `:${line}` : ''}: ${message}`
}
