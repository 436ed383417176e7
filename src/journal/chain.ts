// The chain: each line holds the hash of the one before it, so that nothing can be changed, taken out or moved without every later line changing too.

import { isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'

/** The end of a chain so far. */
export interface Head {
  /** Number of the last line, from 1; 0 before the first. */
  readonly seq: number
  /** Of the last line, without its line feed: SHA-256 in base64url. */
  readonly hash: string
}

/** What the first line of all refers to. */
export const BEGINNING: Head = { seq: 0, hash: '' }

/** A line that does not follow the one before it. */
export interface Break {
  readonly kind: 'break'
  readonly message: string
}

export interface Link {
  readonly kind: 'link'
  readonly head: Head
  readonly record: Readonly<Record<string, unknown>>
}

/** The fields of a record as they stand in its line, which begins with those of the chain. */
export function fieldsOf(record: object): string {
  return JSON.stringify(record).slice('{'.length)
}

/** The line for the fields of a record, and the head with it. */
export function linkRecord(head: Head, fields: string): { readonly line: string; readonly head: Head } {
  const seq = head.seq + 1
  const line = `{"seq":${seq},"prev":"${head.hash}",${fields}`
  return { line, head: { seq, hash: hashOf(line) } }
}

/** Does the line follow? `head` undefined: it is the first that is there, and may follow anything. */
export function followLine(head: Head | undefined, line: Uint8Array): Link | Break {
  const record = parseLine(line)
  if (record === undefined) return { kind: 'break', message: 'is no record: this line was changed' }
  const { seq, prev } = record
  if (typeof seq !== 'number' || typeof prev !== 'string') return { kind: 'break', message: 'has no seq or prev: this line was changed' }
  if (head !== undefined && seq !== head.seq + 1) return { kind: 'break', message: explainSequence(seq, head.seq + 1) }
  if (head !== undefined && prev !== head.hash) {
    return {
      kind: 'break',
      message: `holds another hash than that of record ${head.seq}: that record, or this reference to it, was changed`,
    }
  }
  return { kind: 'link', head: { seq, hash: hashOf(line) }, record }
}

function explainSequence(found: number, expected: number): string {
  if (found > expected) return `is record ${found}, expected ${expected}: ${found - expected} records are missing`
  return `is record ${found}, expected ${expected}: records were put in or moved`
}

function parseLine(line: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  if (!isUtf8(line)) return undefined
  try {
    const value: unknown = JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.length).toString())
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

export function hashOf(line: string | Uint8Array): string {
  return hash('sha256', line, 'base64url')
}
