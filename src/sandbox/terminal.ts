// The terminal of whoever can be asked: the command has one of its own, and this stands between the two, so that a question can be put
// on the screen and answered by a key. Only keys of the real terminal answer, and while a question stands nothing of the command is shown.

import { closeSync, fchownSync, openSync, readlinkSync } from 'node:fs'
import { ReadStream } from 'node:tty'
import { StartError } from '../daemon/start-error.ts'
import { openPseudoTerminal, setWindowSize, windowSize } from '../linux/pseudo-terminal.ts'
import { ABORT_SEQUENCE, beginQuestion, drawQuestion, endQuestion } from './question.ts'
import { createQuiet } from './quiet.ts'
import { createScreen } from './screen.ts'
import { makeRaw, type RawTerminal } from './terminal-mode.ts'

export interface Terminal {
  /** The command's end of its terminal. */
  readonly slave: number
  /** The real one, by its name: whoever could open that could draw over a question. */
  readonly path: string
  /** From now on keys are the command's. Throws StartError. */
  connect(): Promise<void>
  /** Shows the text until one of these keys is pressed; undefined: the run ends before that. One at a time. */
  ask(text: string, keys: string): Promise<string | undefined>
  /** When nobody else holds the slave any more: shows what is still to be shown, and leaves the terminal as it was. */
  close(): Promise<void>
}

interface Question {
  readonly text: string
  readonly keys: string
  /** On which screen it is drawn; undefined: not yet. */
  onAlternate: boolean | undefined
  /** Has the terminal taken it? Before, nobody can have read it. */
  isShown: boolean
  answer(key: string | undefined): void
}

/**
 * Keys answer once the question has been on the terminal for so long without any: before, they were meant for the command, or the
 * terminal itself replied to it.
 */
const QUIET_MS = 500
/** A command that leaves its output in the middle of a sequence has it ended. */
const UNSETTLED_MS = 200
/** Between two sizes, so that the command sees both. */
const RESIZE_MS = 50

/** @param owner the user who runs the command, where it is another. Throws StartError. */
export function openTerminal(owner: number | undefined): Terminal {
  const realDescriptor = openReal()
  const real = new ReadStream(realDescriptor)
  const { master, slave } = openPseudoTerminal()
  if (owner !== undefined) fchownSync(slave, owner, -1)
  const command = new ReadStream(master)
  const commandIsGone = new Promise<void>((resolve) => command.once('close', resolve))
  const screen = createScreen()
  const quiet = createQuiet(QUIET_MS)
  let mode: RawTerminal | undefined
  let question: Question | undefined
  let unsettledTimer: NodeJS.Timeout | undefined
  let holdsSlave = true

  function takeOutput(octets: Buffer): void {
    screen.take(octets)
    if (!real.write(octets)) command.pause()
    if (question !== undefined && screen.isSettled) show(question)
  }

  function show(shown: Question): void {
    clearTimeout(unsettledTimer)
    command.pause()
    shown.onAlternate = screen.isAlternate
    real.write(beginQuestion(shown.onAlternate))
    draw(shown, () => {
      if (question !== shown) return
      shown.isShown = true
      quiet.begin()
    })
  }

  function draw({ text }: Question, drawn = (): void => {}): void {
    real.write(drawQuestion(text, windowSize(realDescriptor)), drawn)
  }

  function takeKeys(octets: Buffer): void {
    const key = octets.toString('latin1')
    if (question?.isShown && quiet.isOver && key.length === 1 && question.keys.includes(key)) return settle(key)
    command.write(octets)
    if (question?.isShown) quiet.begin()
  }

  function settle(key: string | undefined): void {
    const { onAlternate, answer } = question!
    quiet.end()
    clearTimeout(unsettledTimer)
    question = undefined
    if (onAlternate !== undefined) real.write(endQuestion(onAlternate))
    if (onAlternate) drawAgain()
    command.resume()
    answer(key)
  }

  /** Full-screen programs do, when the window has another size than before. */
  function drawAgain(): void {
    const { rows, columns } = windowSize(realDescriptor)
    setWindowSize(master, { rows: Math.max(1, rows - 1), columns })
    setTimeout(resize, RESIZE_MS)
  }

  function resize(): void {
    if (command.destroyed) return
    setWindowSize(master, windowSize(realDescriptor))
    if (question?.onAlternate !== undefined) draw(question)
  }

  // What is printed before the command begins is shown too.
  command.on('data', takeOutput).on('error', () => {}) // EIO: the last holder of the slave has ended
  real.on('drain', () => (question?.onAlternate === undefined ? command.resume() : undefined)).on('error', () => {})
  // A terminal that is gone hangs up on the command as well.
  real.once('close', () => command.destroy())

  return {
    slave,
    path: readlinkSync('/proc/self/fd/0'),
    connect: async () => {
      mode = await makeRaw(realDescriptor, slave)
      closeSync(slave)
      holdsSlave = false
      resize()
      process.on('SIGWINCH', resize)
      real.on('data', takeKeys)
    },
    ask: (text, keys) =>
      new Promise((answer) => {
        question = { text, keys, onAlternate: undefined, isShown: false, answer }
        if (screen.isSettled) show(question)
        else unsettledTimer = setTimeout(() => abortAndShow(), UNSETTLED_MS)
      }),
    close: async () => {
      if (question !== undefined) settle(undefined)
      if (holdsSlave) closeSync(slave)
      command.resume()
      await commandIsGone
      process.off('SIGWINCH', resize)
      await mode?.restore()
      real.destroy()
    },
  }

  function abortAndShow(): void {
    const octets = Buffer.from(ABORT_SEQUENCE)
    screen.take(octets)
    real.write(octets)
    show(question!)
  }
}

/** The terminal that this process belongs to, wherever its output goes. */
function openReal(): number {
  if (!process.stdin.isTTY) throw new StartError('--ask: standard input is not a terminal, so that nobody can be asked')
  try {
    return openSync('/dev/tty', 'r+')
  } catch (cause) {
    throw new StartError(`--ask: cannot open the terminal: ${(cause as NodeJS.ErrnoException).code}`, { cause })
  }
}
