// What must be known of a program's output before anything of somebody else's is written between: whether a sequence of it is
// unfinished, and which of a terminal's two screens it is on. Nothing is drawn here.

const ESCAPE = 0x1b
const CANCEL = 0x18
const SUBSTITUTE = 0x1a
const BELL = 0x07
const FIRST_PRINTED = 0x20
/** Of a control sequence, and of an escape sequence: the first octet that may end it (ECMA-48). */
const FIRST_FINAL = 0x40
const FIRST_ESCAPE_FINAL = 0x30
/** APC, DCS, OSC, PM, SOS: what follows is text up to a string terminator. */
const STRING_STARTS = '_P]^X'
/** The private modes of xterm that switch to the alternate screen and back. */
const ALTERNATE_SCREEN = /^\?(?:\d+;)*(?:47|1047|1049)(?:;\d+)*([hl])$/
/** A longer control sequence is not one of those. */
const MOST_OCTETS = 32

export interface Screen {
  take(octets: Uint8Array): void
  /** Neither an escape sequence nor a character in UTF-8 is unfinished. */
  readonly isSettled: boolean
  /** The screen of full-screen programs, which has no history and is theirs to draw again. */
  readonly isAlternate: boolean
}

type State = 'text' | 'escape' | 'sequence' | 'string'

export function createScreen(): Screen {
  let state: State = 'text'
  let sequence = ''
  let isAlternate = false
  /** Octets that the character still lacks. */
  let lacking = 0

  function takeOctet(octet: number): void {
    if (octet === ESCAPE) return begin('escape')
    if (octet === CANCEL || octet === SUBSTITUTE) return begin('text')
    if (state === 'text') lacking = lackingAfter(octet, lacking)
    else if (state === 'escape') takeEscape(octet)
    else if (state === 'sequence') takeSequence(octet)
    else if (octet === BELL) begin('text')
  }

  function begin(next: State): void {
    state = next
    sequence = ''
    lacking = 0
  }

  function takeEscape(octet: number): void {
    const character = String.fromCharCode(octet)
    if (character === '[') begin('sequence')
    else if (STRING_STARTS.includes(character)) begin('string')
    else if (octet >= FIRST_ESCAPE_FINAL) {
      if (character === 'c') isAlternate = false // a full reset
      begin('text')
    }
  }

  function takeSequence(octet: number): void {
    if (octet < FIRST_PRINTED) return // carried out at once, in the middle
    if (sequence.length < MOST_OCTETS) sequence += String.fromCharCode(octet)
    if (octet < FIRST_FINAL) return
    const [, set] = ALTERNATE_SCREEN.exec(sequence) ?? []
    if (set !== undefined) isAlternate = set === 'h'
    begin('text')
  }

  return {
    take: (octets) => octets.forEach(takeOctet),
    get isSettled() {
      return state === 'text' && lacking === 0
    },
    get isAlternate() {
      return isAlternate
    },
  }
}

/** RFC 3629 section 3: the first octet says how many follow. */
function lackingAfter(octet: number, lacking: number): number {
  if (octet >= 0xf0) return 3
  if (octet >= 0xe0) return 2
  if (octet >= 0xc0) return 1
  return octet >= 0x80 ? Math.max(0, lacking - 1) : 0
}
