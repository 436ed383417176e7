// Speaking to a Unix socket by hand.
import { connect } from 'node:net'

export interface SpeakRequest {
  readonly path: string
  readonly lines: readonly string[]
  /** How many lines to wait for. */
  readonly expect: number
  readonly timeoutMs?: number
}

export interface SpeakOutcome {
  readonly lines: readonly string[]
  /** 'answered' when all expected lines came, 'closed' when the other side hung up, 'timeout', or the error code. */
  readonly end: string
}

/** Connects, sends the lines, and returns what comes back. */
export function speak({ path, lines, expect, timeoutMs = 2_000 }: SpeakRequest): Promise<SpeakOutcome> {
  const socket = connect(path)
  let received = ''
  return new Promise((resolve) => {
    const finish = (end: string): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ lines: received.split('\n').filter(Boolean), end })
    }
    const timer = setTimeout(() => finish('timeout'), timeoutMs)
    socket.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message))
    socket.on('close', () => finish('closed'))
    socket.on('connect', () => socket.write(lines.map((line) => `${line}\n`).join('')))
    socket.on('data', (chunk) => {
      received += chunk.toString()
      if (received.split('\n').length > expect) finish('answered')
    })
  })
}
