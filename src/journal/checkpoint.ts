// A checkpoint says, signed, how far a chain had come and with which hash. One line, so that it can be kept anywhere else.

import type { Head } from './chain.ts'
import type { SigningKey, VerifyingKey } from './key.ts'
import { STREAMS, type Stream } from './record.ts'

export interface Checkpoint extends Head {
  /** Counts the checkpoints of a log, all streams together, from 1. */
  readonly checkpoint: number
  readonly stream: Stream
  readonly time: string
  /** Could the resolver, which writes one of the chains, not read the key? */
  readonly apart: boolean
  /** Names the public key. */
  readonly key: string
}

const SIGNED = /^(\{.*),"signature":"([A-Za-z0-9_-]+)"\}$/

export function encodeCheckpoint(checkpoint: Omit<Checkpoint, 'key'>, key: SigningKey): string {
  const { checkpoint: number, stream, seq, hash, time, apart } = checkpoint
  const text = JSON.stringify({ checkpoint: number, stream, seq, hash, time, apart, key: key.id })
  return `${text.slice(0, -1)},"signature":"${key.sign(text)}"}`
}

/** Undefined: not the text of a checkpoint. The signature is not looked at. */
export function decodeCheckpoint(line: string): Checkpoint | undefined {
  const match = SIGNED.exec(line)
  if (match === null) return undefined
  try {
    const value = JSON.parse(`${match[1]}}`) as Partial<Checkpoint>
    const isWhole = Number.isSafeInteger(value.seq) && Number.isSafeInteger(value.checkpoint) && typeof value.hash === 'string'
    return isWhole && STREAMS.includes(value.stream!) && typeof value.time === 'string' ? (value as Checkpoint) : undefined
  } catch {
    return undefined
  }
}

export function isSignedBy(line: string, key: VerifyingKey): boolean {
  const match = SIGNED.exec(line)
  return match !== null && key.verify(`${match[1]}}`, match[2]!)
}
