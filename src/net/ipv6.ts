// IPv6 addresses between octets and canonical text (RFC 5952). By hand, because every AAAA record passes here several times on its way
// into the kernel, and ipaddr.js takes ten times as long (`npm run bench`, "new names"); it stays the judge of all other text.

export const IPV6_OCTETS = 16

const GROUPS = 8
const COLON = 0x3a
const MAPPED = '::ffff:'
/** Of the text that is being made. */
const characters = Buffer.alloc('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'.length)

/** The octets that a canonical text writes. What is no such text gives some octets too, which read otherwise: compare. */
export function encodeIpv6(text: string): Uint8Array {
  const octets = new Uint8Array(IPV6_OCTETS)
  writeIpv6(text, octets, 0)
  return octets
}

/** The same into octets that are 0, from `offset` on. */
export function writeIpv6(text: string, octets: Uint8Array, offset: number): void {
  if (text.startsWith(MAPPED) && text.includes('.')) return writeMapped(text, octets, offset)
  let gap = -1
  let at = offset
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
  if (gap >= 0) openGap(octets, gap, at, offset + IPV6_OCTETS)
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
function openGap(octets: Uint8Array, gap: number, written: number, end: number): void {
  for (let from = written - 1, to = end - 1; from >= gap; from--, to--) {
    octets[to] = octets[from]!
    octets[from] = 0
  }
}

/** IPv4-mapped addresses alone are written with a dotted quad (RFC 5952 section 5). */
function writeMapped(text: string, octets: Uint8Array, offset: number): void {
  octets.fill(255, offset + 10, offset + 12)
  octets.set(text.slice(MAPPED.length).split('.', 4).map(Number), offset + 12)
}

/** The canonical text of the 16 octets at `offset`. */
export function decodeIpv6(octets: Uint8Array, offset: number): string {
  const { start, end } = longestZeros(octets, offset)
  if (start === 0 && end === 5 && groupAt(octets, offset, 5) === 0xffff)
    return `${MAPPED}${octets.subarray(offset + 12, offset + 16).join('.')}`
  let at = 0
  for (let group = 0; group < GROUPS; group++) {
    if (group === start) {
      characters[at++] = COLON
      characters[at++] = COLON
      group = end - 1
      continue
    }
    if (group !== 0 && group !== end) characters[at++] = COLON
    at = writeHexadecimal(groupAt(octets, offset, group), at)
  }
  // In one piece: a text that is put together of others is taken apart by whoever reads it, hashes it or compares it (bench: commit).
  return characters.toString('latin1', 0, at)
}

/** Without leading zeros; returns where it ends. */
function writeHexadecimal(group: number, start: number): number {
  let at = start
  for (let shift = group > 0xfff ? 12 : group > 0xff ? 8 : group > 0xf ? 4 : 0; shift >= 0; shift -= 4) {
    const digit = (group >> shift) & 15
    characters[at++] = digit < 10 ? 0x30 + digit : 0x57 + digit
  }
  return at
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
