// A page that stays up to date: drawn over itself on a terminal, one after the other elsewhere, until Ctrl-C.

import { setTimeout as pause } from 'node:timers/promises'
import { printable } from '../printable.ts'

const EVERY_MS = 1000
const ESCAPE = '\x1b['
const HIDE_CURSOR = `${ESCAPE}?25l`
const SHOW_CURSOR = `${ESCAPE}?25h`
const HOME = `${ESCAPE}H`
const ERASE_LINE = `${ESCAPE}K`
const ERASE_BELOW = `${ESCAPE}J`

/** Resolves after SIGINT or SIGTERM, or when nobody reads any more, with the terminal as it was. */
export async function showLive(draw: () => Promise<readonly string[]>): Promise<void> {
  const { stdout } = process
  const interruption = new AbortController()
  const { signal } = interruption
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interruption.abort())
  stdout.once('error', () => interruption.abort())
  if (stdout.isTTY) stdout.write(`${HIDE_CURSOR}${HOME}${ERASE_BELOW}`)
  try {
    while (!signal.aborted) {
      const lines = await draw()
      stdout.write(stdout.isTTY ? overdraw(lines.map(printable), stdout.columns, stdout.rows) : `${lines.join('\n')}\n`)
      await pause(EVERY_MS, undefined, { signal }).catch(() => 'interrupted')
    }
  } finally {
    if (stdout.isTTY) stdout.write(`${SHOW_CURSOR}\n`)
  }
}

/** What does not fit is left out: a line that wraps would move all that follow. Nothing is erased before it is written over, so nothing flickers. */
function overdraw(lines: readonly string[], columns: number, rows: number): string {
  const shown = lines.length < rows ? lines : [...lines.slice(0, rows - 2), '…']
  return `${HOME}${shown.map((line) => `${line.slice(0, columns)}${ERASE_LINE}\n`).join('')}${ERASE_BELOW}`
}
