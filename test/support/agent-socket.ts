// Speaking to the updater's socket by hand.
import { connect } from 'node:net'
import { FrameDecoder } from '../../src/leases/protocol.ts'

export interface SpeakRequest {
  readonly path: string
  /** Octets in base64. */
  readonly words: string
  /** How many frames to wait for. */
  readonly expect: number
  readonly timeoutMs?: number
}

export interface SpeakOutcome {
  /** What came back: octets in base64. */
  readonly words: string
  /** 'answered' when all expected frames came, 'closed' when the other side hung up, 'timeout', or the error code. */
  readonly end: string
}

/** Connects, sends the words, and returns what comes back. */
export function speak({ path, words, expect, timeoutMs = 2_000 }: SpeakRequest): Promise<SpeakOutcome> {
  const socket = connect(path)
  const decoder = new FrameDecoder()
  const received: Buffer[] = []
  let frames = 0
  return new Promise((resolve) => {
    const finish = (end: string): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ words: Buffer.concat(received).toString('base64'), end })
    }
    const timer = setTimeout(() => finish('timeout'), timeoutMs)
    socket.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message))
    socket.on('close', () => finish('closed'))
    socket.on('connect', () => socket.write(Buffer.from(words, 'base64')))
    socket.on('data', (chunk) => {
      received.push(chunk)
      frames += decoder.push(chunk).length
      if (frames >= expect) finish('answered')
    })
  })
}
