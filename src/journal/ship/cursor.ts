// How far each stream has been taken somewhere: a small file, replaced whole.

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { STREAMS, type Stream } from '../record.ts'

export type Cursor = Readonly<Record<Stream, number>>

const BEGINNING: Cursor = { resolver: 0, updater: 0 }

/** Nothing was taken yet if there is no such file. Throws if there is one that is no cursor. */
export function readCursor(file: string): Cursor {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return BEGINNING
    throw error
  }
  const value = JSON.parse(text) as Cursor
  if (!STREAMS.every((stream) => Number.isSafeInteger(value[stream]))) throw new SyntaxError('has no number for each stream')
  return value
}

export function writeCursor(file: string, cursor: Cursor): void {
  // Whoever else may write in the folder could have put a link there.
  rmSync(`${file}.next`, { force: true })
  writeFileSync(`${file}.next`, `${JSON.stringify(cursor)}\n`, { flag: 'wx' })
  renameSync(`${file}.next`, file)
}
