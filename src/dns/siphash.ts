// SipHash-2-4 (Aumasson and Bernstein, 2012), which RFC 9018 makes cookies with. On halves of 32 bits: BigInt costs ten times as much.

/** v0 to v3, each its low half first. */
const state = new Uint32Array(8)
const KEY_OCTETS = 16
const COMPRESSION_ROUNDS = 2
const FINALIZATION_ROUNDS = 4
/** "somepseudorandomlygeneratedbytes", the low half of each word first. */
const INITIAL = [0x70736575, 0x736f6d65, 0x6e646f6d, 0x646f7261, 0x6e657261, 0x6c796765, 0x79746573, 0x74656462]

/** Eight octets, as the algorithm gives them out: least significant first. `key` has 16 octets. */
export function sipHash24(key: Uint8Array, message: Uint8Array): Uint8Array {
  for (let half = 0; half < 8; half++) state[half] = INITIAL[half]! ^ littleEndian(key, (half * 4) % KEY_OCTETS)
  let at = 0
  for (; at + 8 <= message.length; at += 8) compress(littleEndian(message, at), littleEndian(message, at + 4))
  const last = new Uint8Array(8)
  last.set(message.subarray(at))
  last[7] = message.length
  compress(littleEndian(last, 0), littleEndian(last, 4))
  state[4]! ^= 0xff
  for (let left = FINALIZATION_ROUNDS; left > 0; left--) round()
  const digest = new Uint8Array(8)
  const view = new DataView(digest.buffer)
  view.setUint32(0, state[0]! ^ state[2]! ^ state[4]! ^ state[6]!, true)
  view.setUint32(4, state[1]! ^ state[3]! ^ state[5]! ^ state[7]!, true)
  return digest
}

function littleEndian(octets: Uint8Array, at: number): number {
  return octets[at]! | (octets[at + 1]! << 8) | (octets[at + 2]! << 16) | (octets[at + 3]! << 24)
}

function compress(low: number, high: number): void {
  state[6]! ^= low
  state[7]! ^= high
  for (let left = COMPRESSION_ROUNDS; left > 0; left--) round()
  state[0]! ^= low
  state[1]! ^= high
}

function round(): void {
  add(0, 2)
  rotateAndMix(2, 13, 0)
  swapHalves(0)
  add(4, 6)
  rotateAndMix(6, 16, 4)
  add(0, 6)
  rotateAndMix(6, 21, 0)
  add(4, 2)
  rotateAndMix(2, 17, 4)
  swapHalves(4)
}

function add(target: number, other: number): void {
  const low = state[target]! + state[other]!
  state[target] = low
  state[target + 1] = state[target + 1]! + state[other + 1]! + (low > 0xffff_ffff ? 1 : 0)
}

/** The word is rotated to the left by less than 32 bits and mixed with the other by XOR. */
function rotateAndMix(word: number, bits: number, other: number): void {
  const [low, high] = [state[word]!, state[word + 1]!]
  state[word] = ((low << bits) | (high >>> (32 - bits))) ^ state[other]!
  state[word + 1] = ((high << bits) | (low >>> (32 - bits))) ^ state[other + 1]!
}

/** A rotation by 32 bits. */
function swapHalves(word: number): void {
  const low = state[word]!
  state[word] = state[word + 1]!
  state[word + 1] = low
}
