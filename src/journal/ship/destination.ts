import type { Stream } from '../record.ts'
import type { TailLine } from '../tail.ts'

/** Whoever takes records. */
export interface Destination {
  /** Resolves when they have been taken. Throws ShipError. */
  send(stream: Stream, lines: readonly TailLine[]): Promise<void>
  close(): void
}

/** The destination has not taken what it was sent. */
export class ShipError extends Error {
  override readonly name = 'ShipError'
  /** Whether it may yet, if it is sent again. */
  readonly isPassing: boolean

  constructor(message: string, { isPassing, cause }: { readonly isPassing: boolean; readonly cause?: unknown }) {
    super(message, { cause })
    this.isPassing = isPassing
  }
}
