// Messages that were right once: what bit rot, other implementations and attackers make of them.

import packet from 'dns-packet'
import type { createRandom } from '../support/random.ts'

type Random = ReturnType<typeof createRandom>

const MOST_OCTETS = 1400
const HEADER_OCTETS = 12
/** Octets with a meaning of their own somewhere: ends, pointers, labels, counts, types and flags. */
const TELLING = [0, 1, 2, 12, 28, 41, 63, 64, 127, 128, 191, 192, 193, 254, 255]

const opt = (options: readonly object[]) => ({ type: 'OPT', name: '.', udpPayloadSize: 1232, flags: 0x8000, options })
const COOKIE = { code: 10, data: Buffer.from('0123456789abcdef', 'hex') }
const SUBNET = { code: 8, data: Buffer.from([0, 1, 24, 0, 192, 0, 2]) }

/** Queries, with and without EDNS, for allowed and denied names; and some that only servers send. */
const SEEDS: readonly Buffer[] = [
  encode('www.example', 'A'),
  encode('www.example', 'AAAA', [opt([COOKIE])]),
  encode('x.wild.example', 'A', [opt([SUBNET, COOKIE])]),
  encode('denied.invalid', 'TXT', [opt([])]),
  encode(`${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(50)}.wild.example`, 'A'),
  encode(Array.from({ length: 100 }, () => 'a').join('.'), 'PTR', [opt([])]),
  encode('.', 'NS'),
  encode('www.example', 'IXFR', [], [{ type: 'SOA', name: 'example', ttl: 1, data: { mname: 'a', rname: 'b', serial: 1 } }]),
  packet.encode({
    type: 'response',
    questions: [{ name: 'www.example', type: 'A' }],
    answers: [{ type: 'A', name: 'www.example', ttl: 1, data: '192.0.2.1' }],
  }),
]

function encode(name: string, type: string, additionals: readonly object[] = [], authorities: readonly object[] = []): Buffer {
  return packet.encode({ type: 'query', flags: packet.RECURSION_DESIRED, questions: [{ name, type }], additionals, authorities } as never)
}

/** Writes a mutation of one of the seeds into `target` and returns its length. It never has the ID that `encode` of the tests writes. */
export function writeMutation(random: Random, target: Buffer): number {
  const seed = random.pick(SEEDS)
  let length = seed.copy(target)
  target.writeUInt16BE(random.below(4096), 0)
  for (let changes = random.below(6); changes >= 0; changes--) length = mutate(random, target, length)
  return length
}

function mutate(random: Random, target: Buffer, length: number): number {
  const at = random.below(Math.max(1, length - 2)) + 2
  switch (random.below(9)) {
    case 0: // a bit
      target[at] = target[at]! ^ (1 << random.below(8))
      return length
    case 1: // an octet
      target[at] = random.below(256)
      return length
    case 2: // an octet that says something
      target[at] = random.pick(TELLING)
      return length
    case 3: // a compression pointer
      target[at] = 0xc0 | random.below(4)
      target[at + 1] = random.below(256)
      return Math.max(length, at + 2)
    case 4: // a field of the header
      target[2 + random.below(HEADER_OCTETS - 2)] = random.pick(TELLING)
      return length
    case 5: // cut
      return random.below(length + 1)
    case 6: // longer
      for (let end = Math.min(MOST_OCTETS, length + random.below(600)); length < end; length++) target[length] = random.below(256)
      return length
    case 7: // a part twice
      target.copy(target, at, 0, Math.min(length, MOST_OCTETS - at))
      return Math.min(MOST_OCTETS, Math.max(length, at + length))
    default: // a part of itself elsewhere
      target.copy(target, at, random.below(length + 1), length)
      return length
  }
}
