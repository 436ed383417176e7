// Extended DNS Errors, RFC 8914: ours are encoded once and copied into every reply that needs them, of upstream's the code is read.

import { optionsOf } from './edns.ts'
import { readUint16, writeUint16 } from './octets.ts'

/** Keeps the largest negative reply, question and SOA included, under 512 octets. */
const MOST_TEXT_OCTETS = 128
const OPTION_CODE = 15
const INFO_CODE_OCTETS = 2

export interface Explanation {
  /** INFO-CODE. */
  readonly code: number
  readonly text: string
  /** The whole option as it goes on the wire. */
  readonly option: Uint8Array
  /** The option with its code alone, for those who do not want to tell their clients why. */
  readonly bareOption: Uint8Array
}

/** Text beyond 128 octets is cut. */
export function createExplanation(code: number, text: string): Explanation {
  return { code, text, option: encodeOption(code, text), bareOption: encodeOption(code, '') }
}

/** The INFO-CODEs in a message with one question. Their texts are other people's, and stay unread. */
export function infoCodesOf(message: Uint8Array): readonly number[] {
  const errors = optionsOf(message).filter(({ code, start, end }) => code === OPTION_CODE && end - start >= INFO_CODE_OCTETS)
  return errors.map(({ start }) => readUint16(message, start))
}

function encodeOption(code: number, text: string): Uint8Array {
  const extra = Buffer.from(text).subarray(0, MOST_TEXT_OCTETS)
  const option = new Uint8Array(6 + extra.length)
  writeUint16(option, 0, OPTION_CODE)
  writeUint16(option, 2, 2 + extra.length)
  writeUint16(option, 4, code)
  option.set(extra, 6)
  return option
}
