// Names: canonical text, presentation format (RFC 1035 section 5.1) and wire format (section 3.1).

declare const nameBrand: unique symbol

/**
 * A canonical name: lower-case ASCII presentation format without a final dot; the root is ''. Octets other than a-z, 0-9, '_', '-' and '*'
 * are written \DDD, a dot inside a label too, so equal strings are equal names and every dot is a border between labels.
 */
export type Name = string & { readonly [nameBrand]: true }

/** Text that is no name. The message says why, and quotes it. */
export class NameError extends Error {
  override readonly name = 'NameError'
}

/** A message that breaks the wire format. */
export class WireError extends Error {
  override readonly name = 'WireError'
}

export const ROOT = '' as Name

/** In wire format (RFC 1035 section 2.3.4). */
export const MOST_LABEL_OCTETS = 63
export const MOST_NAME_OCTETS = 255
/** The canonical text of a name of 255 octets has at most this many characters: every octet of 251 in four labels written \DDD. */
const NAME_CHARACTERS = 1024
/** Two high bits set: the rest of the two octets is an offset. */
export const POINTER = 0xc0
/** A name has at most 127 labels; more pointers than that only serve to burn time. */
export const MOST_POINTERS = 127
const DOT = 0x2e
const BACKSLASH = 0x5c
const PLAIN = /^[a-z0-9_*-]{1,63}(?:\.[a-z0-9_*-]{1,63})*$/
const PLAIN_CHARACTERS = 253

/** For each octet its canonical character, or 0 where it takes \DDD. */
const CANONICAL = new Uint8Array(256)
for (let octet = 0; octet < 256; octet++) {
  const character = String.fromCharCode(octet).toLowerCase()
  CANONICAL[octet] = /^[a-z0-9_*-]$/.test(character) ? character.charCodeAt(0) : 0
}

/** Where text is built before it becomes a string: nothing here waits, so one will do. */
const scratch = Buffer.alloc(NAME_CHARACTERS + 4)

/** Reads presentation format: any case, \DDD and \X, one final dot dropped; '' and '.' are the root. Throws NameError. */
export function parseName(text: string): Name {
  if (text.length <= PLAIN_CHARACTERS && PLAIN.test(text)) return text as Name
  if (text === '' || text === '.') return ROOT
  const wire = new Uint8Array(MOST_NAME_OCTETS + 1)
  const end = encodeText(text, wire)
  wire[end] = 0
  return decodeName(wire, 0, end + 1).name
}

/** Is the text canonical already? */
export function isName(text: string): text is Name {
  try {
    return parseName(text) === text
  } catch (error) {
    if (error instanceof NameError) return false
    throw error
  }
}

/** The names above `name`, nearest first, without the root: "b.c", "c" for "a.b.c". Allocates one string a label. */
export function* ancestorsOf(name: Name): Generator<Name> {
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) yield name.slice(dot + 1) as Name
}

/** The name one label up; the root above a single label; undefined above the root. */
export function parentOf(name: Name): Name | undefined {
  if (name === ROOT) return undefined
  const dot = name.indexOf('.')
  return dot < 0 ? ROOT : (name.slice(dot + 1) as Name)
}

/** Is `name` strictly below `apex`, label by label? */
export function isBelow(name: Name, apex: Name): boolean {
  if (apex === ROOT) return name !== ROOT
  return name.length > apex.length && name.charCodeAt(name.length - apex.length - 1) === DOT && name.endsWith(apex)
}

/** The name as people read it: '.' for the root. */
export function showName(name: Name): string {
  return name === ROOT ? '.' : name
}

/** Writes the name uncompressed and returns the offset behind it. Throws RangeError when `target` ends before. */
export function encodeName(name: Name, target: Uint8Array, offset: number): number {
  let at = offset + 1
  let start = offset
  for (let index = 0; index < name.length; index++) {
    const code = name.charCodeAt(index)
    if (code === DOT) {
      target[start] = at - start - 1
      start = at++
    } else if (code === BACKSLASH) {
      target[at++] = decimalAt(name, index + 1)
      index += 3
    } else target[at++] = code
  }
  if (name !== ROOT) {
    target[start] = at - start - 1
    start = at++
  }
  if (at > target.length) throw new RangeError(`no room for the name ${showName(name)}`)
  target[start] = 0
  return at
}

/**
 * Reads the name at `offset` of a message of `length` octets, pointers followed (RFC 1035 section 4.1.4); `end` is the offset behind it.
 * A pointer must point before the labels it ends, so no chain of them can loop. Throws WireError.
 */
export function decodeName(message: Uint8Array, offset: number, length: number): { name: Name; end: number } {
  let at = offset
  let end = -1
  let octets = 1
  let written = 0
  for (let runStart = offset, pointers = 0; ; ) {
    if (at >= length) throw new WireError(`name at octet ${offset} runs past the end of the message`)
    const head = message[at]!
    if (head === 0) break
    if (head >= POINTER) {
      if (end < 0) end = at + 2
      if (++pointers > MOST_POINTERS) throw new WireError(`name at octet ${offset} has more than ${MOST_POINTERS} pointers`)
      at = runStart = pointerTarget(message, at, length, runStart)
      continue
    }
    octets += head + 1
    checkLabel(message, at, length, octets)
    if (written > 0) scratch[written++] = DOT
    written = writeLabel(message, at + 1, at + 1 + head, written)
    at += head + 1
  }
  return { name: scratch.toString('latin1', 0, written) as Name, end: end < 0 ? at + 1 : end }
}

/** Where the pointer at `at` leads: before `runStart`, where the labels begin that it ends. Throws WireError. */
export function pointerTarget(message: Uint8Array, at: number, length: number, runStart: number): number {
  if (at + 1 >= length) throw new WireError(`pointer at octet ${at} runs past the end of the message`)
  const target = ((message[at]! & ~POINTER) << 8) | message[at + 1]!
  if (target >= runStart) throw new WireError(`pointer at octet ${at} does not point backwards`)
  return target
}

/** `octets` is what the name takes up to the end of the label at `at`, the final zero counted. */
function checkLabel(message: Uint8Array, at: number, length: number, octets: number): void {
  const head = message[at]!
  if (head > MOST_LABEL_OCTETS) throw new WireError(`label at octet ${at} has the unknown type ${head >> 6}`)
  if (octets > MOST_NAME_OCTETS) throw new WireError(`name ending at octet ${at} has more than ${MOST_NAME_OCTETS} octets`)
  if (at + head >= length) throw new WireError(`label at octet ${at} runs past the end of the message`)
}

/** Writes octets `from` to `to` as canonical text to `scratch` at `written`; returns the offset behind it. */
function writeLabel(message: Uint8Array, from: number, to: number, written: number): number {
  let at = written
  for (let index = from; index < to; index++) {
    const octet = message[index]!
    const character = CANONICAL[octet]!
    if (character !== 0) scratch[at++] = character
    else {
      scratch[at++] = BACKSLASH
      scratch[at++] = 0x30 + Math.trunc(octet / 100)
      scratch[at++] = 0x30 + (Math.trunc(octet / 10) % 10)
      scratch[at++] = 0x30 + (octet % 10)
    }
  }
  return at
}

/** Presentation format to wire format without the final zero octet; returns its length. Throws NameError. */
function encodeText(text: string, wire: Uint8Array): number {
  let start = 0
  let at = 1
  for (let index = 0; index < text.length; ) {
    if (text.charCodeAt(index) === DOT) {
      closeLabel(text, wire, start, at)
      start = at++
      index++
      continue
    }
    // Two octets stay free: the length octet of a next label or the final zero.
    if (at >= MOST_NAME_OCTETS - 1) throw new NameError(`name ${quote(text)} has more than ${MOST_NAME_OCTETS} octets`)
    const { octet, width } = octetAt(text, index)
    wire[at++] = octet
    index += width
  }
  // After a final dot the last label is closed already, and `start` is where the final zero goes.
  if (at - start === 1) return start
  closeLabel(text, wire, start, at)
  return at
}

function closeLabel(text: string, wire: Uint8Array, start: number, at: number): void {
  const octets = at - start - 1
  if (octets === 0) throw new NameError(`name ${quote(text)} has an empty label`)
  if (octets > MOST_LABEL_OCTETS) throw new NameError(`name ${quote(text)} has a label of more than ${MOST_LABEL_OCTETS} octets`)
  wire[start] = octets
}

/** The octet that the character or escape at `index` stands for, and the characters it takes. */
function octetAt(text: string, index: number): { readonly octet: number; readonly width: number } {
  const code = text.charCodeAt(index)
  if (code > 0x7f) throw new NameError(`name ${quote(text)} is not ASCII`)
  if (code !== BACKSLASH) return { octet: code, width: 1 }
  if (/^\\\d{3}/.test(text.slice(index, index + 4))) {
    const octet = decimalAt(text, index + 1)
    if (octet <= 255) return { octet, width: 4 }
  }
  const escaped = text.charCodeAt(index + 1)
  const isDigit = escaped >= 0x30 && escaped <= 0x39
  if (Number.isNaN(escaped) || isDigit || escaped > 0x7f) throw new NameError(`name ${quote(text)} has a broken escape`)
  return { octet: escaped, width: 2 }
}

function decimalAt(text: string, index: number): number {
  return (text.charCodeAt(index) - 0x30) * 100 + (text.charCodeAt(index + 1) - 0x30) * 10 + text.charCodeAt(index + 2) - 0x30
}

function quote(text: string): string {
  return JSON.stringify(text.length > NAME_CHARACTERS ? `${text.slice(0, 60)}…` : text)
}
