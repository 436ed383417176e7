import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino'
import { printable } from './printable.ts'

/** Structured log: fields first, then the sentence. Home of pino. */
export type Logger = PinoLogger

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export interface LogOptions {
  readonly level: LogLevel
  readonly format: 'json' | 'pretty' | 'journal'
  /** Which process speaks: "resolver", "updater", "up". */
  readonly part: string
}

const LEVEL_WORDS: Readonly<Record<number, string>> = { 20: 'debug', 30: '', 40: 'warning: ', 50: 'error: ', 60: 'fatal: ' }
/** pino puts the level first. */
const LEVEL = /^\{"level":(\d+)/
const INFO = 6
const PRIORITIES: Readonly<Record<number, number>> = { 20: 7, 30: INFO, 40: 4, 50: 3, 60: 2 }
const STANDARD_FIELDS = new Set(['level', 'time', 'part', 'msg', 'pid', 'hostname'])

export function createLog(options: LogOptions): Logger {
  const settings = { level: options.level, base: { part: options.part }, timestamp: pino.stdTimeFunctions.isoTime }
  switch (options.format) {
    case 'json':
      return pino(settings, pino.destination({ fd: 2, sync: true }))
    case 'journal':
      return pino(settings, journalStderr())
    case 'pretty':
      return pino(settings, prettyStderr())
  }
}

/** Each line begins with its level as syslog counts them (sd-daemon(3)). */
function journalStderr(): DestinationStream {
  const stderr = pino.destination({ fd: 2, sync: true })
  return { write: (line) => stderr.write(`<${PRIORITIES[Number(LEVEL.exec(line)?.[1])] ?? INFO}>${line}`) }
}

/** One readable line a record on standard error, for people at a terminal. */
function prettyStderr(): DestinationStream {
  return { write: (line) => void process.stderr.write(`${printable(formatRecord(JSON.parse(line) as Record<string, unknown>))}\n`) }
}

function formatRecord(record: Record<string, unknown>): string {
  const clock = String(record.time).slice(11, 19)
  const fields = Object.entries(record).filter(([key]) => !STANDARD_FIELDS.has(key))
  const tail = fields.map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`).join('')
  return `${clock} ${record.part}: ${LEVEL_WORDS[Number(record.level)] ?? ''}${record.msg}${tail}`
}
