// `sallyport allow` and `deny` on the text of a zone file: comments, order and spacing of all other lines stay.

import { formatPortRange, type PortRange, parsePortRange } from '../net/port.ts'
import { formatPrefix, type Prefix } from '../net/prefix.ts'
import { DestinationError } from './destination-error.ts'
import { readPrefix } from './entry.ts'
import { formatPattern, type NamePattern, parsePattern } from './name-text.ts'
import { ZoneSyntaxError } from './problem.ts'

/** What people name on the command line: `NAME[:PORT]`, `*.NAME`, `ADDRESS[:PORT]`, a prefix. */
export type Destination = (
  | { readonly kind: 'name'; readonly pattern: NamePattern }
  | { readonly kind: 'prefix'; readonly prefix: Prefix }
) & {
  /** Undefined: the default of the file. */
  readonly port: PortRange | undefined
}

const BRACKETED = /^\[([^\]]+)\](?::(.+))?$/
/** Of a URL this matches neither the scheme nor the path. */
const WITH_PORT = /^([^:]+):((?:(?:tcp|udp)\/)?[^:/]*)$/

/** Outside of comments. */
const END = /(?<=^[^#]*)\s+until=(\d{4}-\d{2}-\d{2})(?=\s|#|$)/

/** Throws DestinationError, which says what to write instead. */
export function parseDestination(text: string): Destination {
  try {
    const whole = readPrefix(text)
    if (whole !== undefined) return { kind: 'prefix', prefix: whole, port: undefined }
    const [host, port] = splitPort(text)
    const prefix = readPrefix(host)
    if (prefix !== undefined) return { kind: 'prefix', prefix, port }
    return { kind: 'name', pattern: parsePattern(host), port }
  } catch (error) {
    if (error instanceof ZoneSyntaxError) throw new DestinationError(error.message, { cause: error })
    throw error
  }
}

/** `*.example.org`, `192.0.2.0/24`: as an entry begins. */
export function formatSubject(destination: Destination): string {
  return destination.kind === 'name' ? formatPattern(destination.pattern) : formatPrefix(destination.prefix)
}

/**
 * The text with an entry that allows the destination from `now` on, in milliseconds since the epoch: a deny of the same subject goes, an
 * entry of it gains the port and loses an end that has passed, else a line is added.
 */
export function allowInZone(text: string, destination: Destination, now: number): string {
  const subject = formatSubject(destination)
  const lines = withoutEntry(linesOf(text), `!${subject}`)
  const at = lines.findIndex((line) => subjectOfLine(line) === subject)
  const port = destination.port === undefined ? '' : ` ${formatPortRange(destination.port)}`
  if (at < 0) return joinLines([...lines, `${subject}${port}`])
  return joinLines(lines.with(at, addWord(withoutPastEnd(lines[at]!, now), port, portsInForce(lines, at))))
}

/** Has the text an allow entry of this very subject? */
export function hasEntry(text: string, subject: string): boolean {
  return linesOf(text).some((line) => subjectOfLine(line) === subject)
}

/** The text with a comment on the entry of this subject, unless that has one. */
export function commentEntry(text: string, subject: string, comment: string): string {
  return joinLines(
    linesOf(text).map((line) => (subjectOfLine(line) === subject && !line.includes('#') ? `${line.trimEnd()}  # ${comment}` : line)),
  )
}

/** The text with an entry that denies the subject: an allow entry of the same subject goes, so that the file says one thing. */
export function denyInZone(text: string, destination: Destination): string {
  const subject = formatSubject(destination)
  const lines = withoutEntry(linesOf(text), subject)
  return joinLines(lines.some((line) => subjectOfLine(line) === `!${subject}`) ? lines : [...lines, `!${subject}`])
}

function splitPort(text: string): readonly [string, PortRange | undefined] {
  const [, host, port] = BRACKETED.exec(text) ?? WITH_PORT.exec(text) ?? []
  if (host === undefined) return [text, undefined]
  return [host, port === undefined ? undefined : parsePort(port)]
}

function parsePort(text: string): PortRange {
  const range = parsePortRange(text)
  if (range === undefined) throw new DestinationError(`port ${JSON.stringify(text)} is not a number from 1 to 65535, or a range of them`)
  return range
}

/** Adds ` port` behind the ports of an entry. An entry without ports of its own must not lose those it had from `$PORTS`. */
function addWord(line: string, port: string, inherited: string): string {
  if (port === '') return line
  const comment = line.indexOf('#')
  const body = (comment < 0 ? line : line.slice(0, comment)).trimEnd()
  const words = body.trim().split(/\s+/)
  const own = words.slice(1).flatMap((word) => parsePortRange(word) ?? [])
  const written = port.trim()
  if (own.some((range) => formatPortRange(range) === written || range.protocol === 'any')) return line
  const before = own.length === 0 && !inherited.split(' ').includes(written) ? ` ${inherited}` : ''
  const tail = comment < 0 ? '' : `${line.slice(body.length, comment) || ' '}${line.slice(comment)}`
  return own.length === 0 && inherited.split(' ').includes(written) ? line : `${body}${before}${port}${tail}`
}

/** Days as text are in their order, too; the last one is included. */
function withoutPastEnd(line: string, now: number): string {
  const today = new Date(now).toISOString().slice(0, 10)
  return line.replace(END, (written, day: string) => (day < today ? '' : written))
}

/** The ports that an entry on line `at` has when it names none, as they are written. */
function portsInForce(lines: readonly string[], at: number): string {
  const directive = lines.slice(0, at).find((line) => /^\s*\$PORTS\s/.test(line))
  const words = directive === undefined ? ['tcp/443'] : directive.split('#')[0]!.trim().split(/\s+/).slice(1)
  return words.map((word) => formatPortRange(parsePortRange(word) ?? { protocol: 'tcp', first: 443, last: 443 })).join(' ')
}

function withoutEntry(lines: readonly string[], subject: string): readonly string[] {
  return lines.filter((line) => subjectOfLine(line) !== subject)
}

/** "!*.example.org" of an entry in canonical spelling; undefined: a comment, a directive, or nothing that can be read. */
function subjectOfLine(line: string): string | undefined {
  const [word] = line.split('#')[0]!.trim().split(/\s+/)
  if (word === undefined || word === '' || word.startsWith('$')) return undefined
  const denial = word.startsWith('!') ? '!' : ''
  try {
    return `${denial}${formatSubject(parseDestination(word.slice(denial.length)))}`
  } catch (error) {
    if (error instanceof DestinationError) return undefined
    throw error
  }
}

function linesOf(text: string): readonly string[] {
  const lines = text.split('\n')
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

function joinLines(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}
