export type Protocol = 'tcp' | 'udp'

/** Ports `first` to `last`, both included. `any` is every TCP and every UDP port, 0 to 65535. */
export interface PortRange {
  readonly protocol: Protocol | 'any'
  readonly first: number
  readonly last: number
}

/** No ports, but what opens an address to echo requests (RFC 792, RFC 4443 section 4.1). */
export const ECHO = { protocol: 'icmp', first: 0, last: 0 } as const

/** What a lease opens an address for. */
export type Access = PortRange | typeof ECHO

export const LAST_PORT = 65_535
export const ANY_PORTS: PortRange = { protocol: 'any', first: 0, last: LAST_PORT }

const PORT = /^(tcp|udp)\/(0|[1-9]\d{0,4})$/
const PORTS = /^(?:(tcp|udp)\/)?([1-9]\d{0,4})(?:-([1-9]\d{0,4}))?$/

/** "tcp/443", "udp/53", "443" (TCP), "8000-8100", "udp/8000-8100" or "any"; ports from 1 to 65535. Undefined: none of these. */
export function parsePortRange(text: string): PortRange | undefined {
  if (text === 'any') return ANY_PORTS
  const match = PORTS.exec(text)
  if (match === null) return undefined
  const first = Number(match[2])
  const last = Number(match[3] ?? match[2])
  return first <= last && last <= LAST_PORT ? { protocol: match[1] === 'udp' ? 'udp' : 'tcp', first, last } : undefined
}

/** "tcp/443", "udp/8000-8100", "any", "icmp/echo". */
export function formatPortRange(range: Access): string {
  if (range.protocol === 'icmp') return 'icmp/echo'
  if (range.protocol === 'any') return 'any'
  return range.first === range.last ? `${range.protocol}/${range.first}` : `${range.protocol}/${range.first}-${range.last}`
}

/** Sorted, without duplicates and without ranges that another contains; `any` swallows all. Adjacent and overlapping ranges stay apart. */
export function mergePorts(ranges: readonly PortRange[]): readonly PortRange[] {
  if (ranges.length < 2) return ranges
  if (ranges.some((range) => range.protocol === 'any')) return [ANY_PORTS]
  const merged: PortRange[] = []
  for (const range of ranges.toSorted(comparePorts)) {
    const widest = merged.at(-1)
    // Sorted by first port, the longer first, so only the range kept last can reach far enough to contain this one.
    if (widest === undefined || widest.protocol !== range.protocol || widest.last < range.last) merged.push(range)
  }
  return merged
}

export function coversPort(ranges: readonly Access[], protocol: Protocol, port: number): boolean {
  return ranges.some((range) => (range.protocol === protocol || range.protocol === 'any') && range.first <= port && port <= range.last)
}

/** Does one of `ranges` contain the whole of `range`? */
export function coversRange(ranges: readonly PortRange[], range: PortRange): boolean {
  return ranges.some(
    ({ protocol, first, last }) => protocol === 'any' || (protocol === range.protocol && first <= range.first && range.last <= last),
  )
}

/** "tcp/443", as a packet may have been sent there: port 0 too, which no entry can name. Undefined: none of these. */
export function parsePort(text: string): { readonly protocol: Protocol; readonly port: number } | undefined {
  const match = PORT.exec(text)
  if (match === null || Number(match[2]) > LAST_PORT) return undefined
  return { protocol: match[1] as Protocol, port: Number(match[2]) }
}

/** Orders by protocol, then by port. */
export function comparePorts(a: Access, b: Access): number {
  if (a.protocol !== b.protocol) return a.protocol < b.protocol ? -1 : 1
  return a.first - b.first || b.last - a.last
}
