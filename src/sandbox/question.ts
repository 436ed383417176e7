// How a question is drawn on a terminal that belongs to somebody else, and taken away again.

import type { WindowSize } from '../linux/pseudo-terminal.ts'

const ESCAPE = '\x1b'
/** The usual attributes, ASCII, positions from the corner of the screen, shown at once: what the command has set would hide it. */
const PLAIN = `${ESCAPE}[m${ESCAPE}(B\x0f${ESCAPE}[?6l${ESCAPE}[?2026l`
const [REVERSE, CLEAR_BELOW] = [`${ESCAPE}[7m`, `${ESCAPE}[J`]
const [SAVE_CURSOR, RESTORE_CURSOR] = [`${ESCAPE}7`, `${ESCAPE}8`]
/** Both keep the cursor and its attributes, and the other screen as it is: xterm's control sequences, mode 1049. */
const [OTHER_SCREEN, SCREEN_BACK] = [`${ESCAPE}[?1049h`, `${ESCAPE}[?1049l`]
/** Ends whatever sequence the command has begun (ECMA-48: CAN, and the string terminator). */
export const ABORT_SEQUENCE = `\x18${ESCAPE}\\`

/** A terminal that does not know its size. */
const USUAL: WindowSize = { rows: 24, columns: 80 }

/**
 * Makes room: on the alternate screen, which is there for it if the command is on the usual one, so that nothing of that is lost; else on
 * the one that the command draws again when it is told that the window has changed.
 */
export function beginQuestion(isAlternate: boolean): string {
  return isAlternate ? SAVE_CURSOR : OTHER_SCREEN
}

export function endQuestion(isAlternate: boolean): string {
  return isAlternate ? RESTORE_CURSOR : SCREEN_BACK
}

/** At the bottom. */
export function drawQuestion(text: string, size: WindowSize): string {
  const { rows, columns } = size.rows > 0 && size.columns > 0 ? size : USUAL
  const lines = wrap(text, columns)
  const first = Math.max(1, rows - lines.length + 1)
  // Each line is placed by itself: a line feed would scroll within the margins that the command has set, and push the name out of them.
  const placed = lines.map((line, index) => `${ESCAPE}[${first + index};1H${line}`)
  return `${PLAIN}${ESCAPE}[${first};1H${CLEAR_BELOW}${REVERSE}${placed.join('')}${ESCAPE}[m`
}

/** Between words where that is possible. A name is never shortened: what is left out could be what matters. */
function wrap(text: string, columns: number): readonly string[] {
  const line = new RegExp(`.{1,${columns}}(?: |$)|.{1,${columns}}`, 'gu')
  return (text.match(line) ?? []).map((each) => each.trimEnd())
}
