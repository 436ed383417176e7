// `sallyport log ship`: takes the decision log to a collector. A process of its own, so that neither part speaks to the outside for it.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { journalPaths } from '../journal/folder.ts'
import { ForeignError } from '../journal/lines.ts'
import { ShipError } from '../journal/ship/destination.ts'
import { openDestination } from '../journal/ship/open.ts'
import { shipJournal } from '../journal/ship/ship.ts'
import { printable } from '../printable.ts'
import { CommandError, count, EXIT, type GlobalOptions, loadConfig, print } from './context.ts'

interface ShipOptions extends GlobalOptions {
  readonly cursor?: string
  readonly once?: boolean
}

const HELP = `
Destinations:
  http://127.0.0.1:4318      OpenTelemetry logs (OTLP over HTTP, JSON); without a path, /v1/logs
  tcp://192.0.2.9:601        syslog (RFC 5424) over TCP; tls:// over TLS

It goes on where it was left, by the file of --cursor. A record may arrive twice, and none is left out; the text of each is the line as
written, so that the chain can be followed there, too.`

export function addShip(log: Command): void {
  log
    .command('ship <destination> [folder]')
    .description('sends the decision log, as it grows, to an OpenTelemetry collector or a syslog server')
    .option('--cursor <file>', 'where it keeps how far it has come (default: shipped.json in the folder of the log)')
    .option('--once', 'ends when all that is there has been sent')
    .addHelpText('after', HELP)
    .action(async (to: string, folder: string | undefined, _options: object, command: Command) => {
      process.exitCode = await ship(to, folder, command.optsWithGlobals<ShipOptions>())
    })
}

async function ship(to: string, folder: string | undefined, options: ShipOptions): Promise<number> {
  const destination = openDestination(to)
  if (destination === undefined) throw new CommandError(`expected http://, https://, tcp://HOST:PORT or tls://HOST:PORT, got "${to}"`)
  const paths = journalPaths(folder ?? loadConfig(options).journal.folder)
  if (options.once && !existsSync(paths.folder)) throw new CommandError(`there is no folder ${paths.folder}: name that of the decision log`)
  const interruption = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interruption.abort())
  try {
    const sent = await shipJournal({
      paths,
      destination,
      cursorFile: options.cursor ?? join(paths.folder, 'shipped.json'),
      once: options.once === true,
      signal: interruption.signal,
      onTrouble: (message) => say(`${message}; trying again`),
      onRecovery: () => say('sending again'),
      onAnother: (stream) =>
        say(
          `the log of the ${stream} is not the one that was sent before: it was wiped, cut off or replaced; all that it holds now is sent`,
        ),
      onMissed: (stream, records) => say(`${count(records, 'record', 'records')} of the ${stream} were deleted before they were sent`),
    })
    print(`sent ${count(sent, 'record', 'records')}`)
    return EXIT.yes
  } catch (error) {
    if (error instanceof ShipError) return fail(error)
    if (error instanceof Error && ('code' in error || error instanceof SyntaxError || error instanceof ForeignError))
      throw new CommandError(error.message, { cause: error })
    throw error
  } finally {
    destination.close()
  }
}

function fail(error: ShipError): number {
  say(error.message)
  return EXIT.no
}

function say(line: string): void {
  process.stderr.write(`sallyport: ${printable(line)}\n`)
}
