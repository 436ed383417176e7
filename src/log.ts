import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino'

/** Structured log: fields first, then the sentence. Home of pino. */
export type Logger = PinoLogger

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export interface LogOptions {
  readonly level: LogLevel
  readonly format: 'json' | 'pretty'
  /** Which process speaks: "resolver", "updater", "up". */
  readonly part: string
}

const LEVEL_WORDS: Readonly<Record<number, string>> = { 20: 'debug', 30: '', 40: 'warning: ', 50: 'error: ', 60: 'fatal: ' }
const STANDARD_FIELDS = new Set(['level', 'time', 'part', 'msg', 'pid', 'hostname'])

export function createLog(options: LogOptions): Logger {
  const settings = { level: options.level, base: { part: options.part }, timestamp: pino.stdTimeFunctions.isoTime }
  return options.format === 'json' ? pino(settings, pino.destination({ fd: 2, sync: true })) : pino(settings, prettyStderr())
}

/** One readable line a record on standard error, for people at a terminal. */
function prettyStderr(): DestinationStream {
  return { write: (line) => void process.stderr.write(`${formatRecord(JSON.parse(line) as Record<string, unknown>)}\n`) }
}

function formatRecord(record: Record<string, unknown>): string {
  const clock = String(record.time).slice(11, 19)
  const fields = Object.entries(record).filter(([key]) => !STANDARD_FIELDS.has(key))
  const tail = fields.map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`).join('')
  return `${clock} ${record.part}: ${LEVEL_WORDS[Number(record.level)] ?? ''}${record.msg}${tail}`
}
