// The last record of each stream that was taken somewhere: a small file, replaced whole.

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { BEGINNING, type Head } from '../chain.ts'
import { STREAMS, type Stream } from '../record.ts'

export type Cursor = Readonly<Record<Stream, Head>>

/** Nothing was taken yet if there is no such file. Throws if there is one that is no cursor. */
export function readCursor(file: string): Cursor {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { resolver: BEGINNING, updater: BEGINNING }
    throw error
  }
  const value = parse(file, text)
  if (!isCursor(value)) throw new SyntaxError(`${file}: names no record for each stream; without it, all is sent again`)
  return value
}

function isCursor(value: Partial<Cursor> | null): value is Cursor {
  return STREAMS.every((stream) => Number.isSafeInteger(value?.[stream]?.seq) && typeof value?.[stream]?.hash === 'string')
}

function parse(file: string, text: string): Partial<Cursor> | null {
  try {
    return JSON.parse(text) as Partial<Cursor> | null
  } catch (cause) {
    throw new SyntaxError(`${file} is no JSON; without it, all is sent again`, { cause })
  }
}

export function writeCursor(file: string, cursor: Cursor): void {
  // Whoever else may write in the folder could have put a link there.
  rmSync(`${file}.next`, { force: true })
  writeFileSync(`${file}.next`, `${JSON.stringify(cursor)}\n`, { flag: 'wx' })
  renameSync(`${file}.next`, file)
}
