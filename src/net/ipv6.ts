// IPv6 addresses between octets and canonical text (RFC 5952). By hand, because every AAAA record passes here several times on its way
// into the kernel, and ipaddr.js takes ten times as long (`npm run bench`, "new names"); it stays the judge of all other text.

export const IPV6_OCTETS = 16

const GROUPS = 8
const COLON = 0x3a
const MAPPED = '::ffff:'

/** The octets that a canonical text writes. What is no such text gives some octets too, which read otherwise: compare. */
export function encodeIpv6(text: string): Uint8Array {
  const octets = new Uint8Array(IPV6_OCTETS)
  if (text.includes('.')) return encodeMapped(text, octets)
  let gap = -1
  let at = 0
  let group = 0
  let digits = 0
  for (let index = 0; index <= text.length; index++) {
    const code = index < text.length ? text.charCodeAt(index) : COLON
    if (code !== COLON) {
      group = group * 16 + (code < COLON ? code - 0x30 : code - 0x57)
      digits++
    } else if (digits === 0) gap = at
    else {
      octets[at++] = group >> 8
      octets[at++] = group
      group = digits = 0
    }
  }
  if (gap >= 0) openGap(octets, gap, at)
  return octets
}

/** The first 32 bits of the address that a canonical text writes. */
export function ipv6Head(text: string): number {
  let head = 0
  let group = 0
  for (let index = 0, groups = 0; groups < 2; index++) {
    const code = text.charCodeAt(index)
    if (code === COLON) {
      head = head * 0x1_0000 + group
      group = 0
      groups++
    } else group = group * 16 + (code < COLON ? code - 0x30 : code - 0x57)
  }
  return head
}

/** Moves what was written behind "::" to the end. */
function openGap(octets: Uint8Array, gap: number, end: number): void {
  const rest = IPV6_OCTETS - (end - gap)
  octets.copyWithin(rest, gap, end)
  octets.fill(0, gap, rest)
}

/** IPv4-mapped addresses alone are written with a dotted quad (RFC 5952 section 5). */
function encodeMapped(text: string, octets: Uint8Array): Uint8Array {
  octets.fill(255, 10, 12)
  octets.set(text.slice(MAPPED.length).split('.', 4).map(Number), 12)
  return octets
}

/** The canonical text of the 16 octets at `offset`. */
export function decodeIpv6(octets: Uint8Array, offset: number): string {
  const { start, end } = longestZeros(octets, offset)
  if (start === 0 && end === 5 && groupAt(octets, offset, 5) === 0xffff)
    return `${MAPPED}${octets.subarray(offset + 12, offset + 16).join('.')}`
  let text = ''
  for (let group = 0; group < GROUPS; group++) {
    if (group === start) {
      text += '::'
      group = end - 1
    } else text += `${group === 0 || group === end ? '' : ':'}${groupAt(octets, offset, group).toString(16)}`
  }
  return text
}

/** The groups that "::" stands for: the longest run of two or more zeros, the first of several (RFC 5952 section 4.2). */
function longestZeros(octets: Uint8Array, offset: number): { readonly start: number; readonly end: number } {
  let start = -1
  let end = -1
  for (let group = 0, run = 0; group < GROUPS; group++) {
    run = groupAt(octets, offset, group) === 0 ? run + 1 : 0
    if (run < 2 || run <= end - start) continue
    start = group + 1 - run
    end = group + 1
  }
  return { start, end }
}

function groupAt(octets: Uint8Array, offset: number, group: number): number {
  return (octets[offset + 2 * group]! << 8) | octets[offset + 2 * group + 1]!
}
