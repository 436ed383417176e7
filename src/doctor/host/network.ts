// How this host forwards: interfaces, IPv6, bridges.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { bad, doubtful, good, type HostFinding } from './finding.ts'

/** What `ip -details -json link` says of an interface, as far as we ask. /sys shows the namespace that mounted it, which need not be ours. */
interface Link {
  readonly ifname: string
  readonly operstate: string
  /** The bridge that it is a port of. */
  readonly master?: string
  readonly linkinfo?: { readonly info_slave_data?: { readonly isolated?: boolean } }
}

/** What guard forward asks of interfaces and routing. */
export function examineForwarding(patterns: readonly string[]): readonly HostFinding[] {
  const links = readLinks()
  const names = links.map(({ ifname }) => ifname)
  const guarded = names.filter((name) => patterns.some((pattern) => matches(name, pattern)))
  return [
    examineIpv4(),
    ...examineIpv6(names, guarded),
    examineInterfaces(patterns, guarded),
    examineUnguarded(links, guarded),
    ...guarded.flatMap((name) => examineBridge(name, links)),
  ]
}

function readLinks(): readonly Link[] {
  const { status, stdout } = spawnSync('ip', ['-details', '-json', 'link', 'show'], { encoding: 'utf8', maxBuffer: 1 << 26 })
  return status === 0 ? (JSON.parse(stdout) as Link[]) : []
}

function examineInterfaces(patterns: readonly string[], guarded: readonly string[]): HostFinding {
  const topic = 'sandbox interfaces'
  if (guarded.length > 0) return good(topic, guarded.join(', '))
  const wanted = patterns.length === 0 ? 'updater.interfaces names none' : `none matches ${patterns.join(', ')} now; they may appear later`
  return doubtful(topic, wanted, 'ip -brief link, and set updater.interfaces')
}

function examineIpv4(): HostFinding {
  return setting('ipv4/ip_forward') === '1'
    ? good('forwarding', 'IPv4 is forwarded')
    : bad('forwarding', 'IPv4 is not forwarded, so sandboxes reach nothing', 'sysctl -w net.ipv4.ip_forward=1')
}

/** Guard output asks this alone of the network. */
export function examineIpv6Presence(): HostFinding {
  if (setting('ipv6/conf/all/disable_ipv6') === '0') return good('IPv6', 'is there, and guarded like IPv4')
  return good('IPv6', 'is switched off here')
}

function examineIpv6(names: readonly string[], guarded: readonly string[]): readonly HostFinding[] {
  if (setting('ipv6/conf/all/disable_ipv6') !== '0') return [examineIpv6Presence()]
  const forwarding = setting('ipv6/conf/all/forwarding') === '1'
  const believing = guarded.filter((name) => acceptsAdvertisements(name, forwarding))
  const forgetful = names.filter((name) => forwarding && hasAdvertisedRoute(name) && setting(`ipv6/conf/${name}/accept_ra`) === '1')
  return [
    forwarding
      ? good('IPv6', 'is forwarded')
      : doubtful('IPv6', 'is not forwarded, so sandboxes reach nothing over it', 'sysctl -w net.ipv6.conf.all.forwarding=1'),
    ...believing.map((name) =>
      bad(
        'accept_ra',
        `${name} believes router advertisements, so a sandbox can make itself this host's router`,
        `sysctl -w net.ipv6.conf.${name}.accept_ra=0`,
      ),
    ),
    ...forgetful.map((name) =>
      bad(
        'accept_ra',
        `${name} has its default route from advertisements, which a forwarding host stops to heed`,
        `sysctl -w net.ipv6.conf.${name}.accept_ra=2`,
      ),
    ),
  ]
}

/** accept_ra: 1 heeds them unless forwarding, 2 always. */
function acceptsAdvertisements(name: string, forwarding: boolean): boolean {
  const value = setting(`ipv6/conf/${name}/accept_ra`)
  return value === '2' || (value === '1' && !forwarding)
}

/** Flag RTF_ADDRCONF of a default route in /proc/net/ipv6_route. */
function hasAdvertisedRoute(name: string): boolean {
  const lines = read('/proc/net/ipv6_route')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
  return lines.some((fields) => fields[9] === name && fields[1] === '00' && (Number.parseInt(fields[8] ?? '0', 16) & 0x40000) !== 0)
}

function examineUnguarded(links: readonly Link[], guarded: readonly string[]): HostFinding {
  const uplinks = new Set(['lo', ...defaultInterfaces()])
  const others = links.filter((link) => isForwarding(link) && !guarded.includes(link.ifname) && !uplinks.has(link.ifname))
  const topic = 'unguarded interfaces'
  if (others.length === 0) return good(topic, 'nothing but sandboxes is forwarded')
  const names = others.map(({ ifname }) => ifname).join(', ')
  return doubtful(
    topic,
    `what comes in by ${names} is forwarded and not guarded`,
    'if sandboxes are behind one of them, add it to updater.interfaces',
  )
}

/** What comes in by the port of a bridge is forwarded from the bridge. */
function isForwarding({ ifname, master, operstate }: Link): boolean {
  return master === undefined && operstate !== 'DOWN' && setting(`ipv4/conf/${ifname}/forwarding`) === '1'
}

/** Frames between two ports of one bridge pass no rule of ours, and of what comes by it we know the bridge alone. */
function examineBridge(bridge: string, links: readonly Link[]): readonly HostFinding[] {
  const ports = links.filter(({ master }) => master === bridge)
  if (ports.length === 0) return []
  return [examineIsolation(bridge, ports), ...(ports.length < 2 ? [] : [sharedBridge(bridge)])]
}

function examineIsolation(bridge: string, ports: readonly Link[]): HostFinding {
  const open = ports.filter(({ linkinfo }) => linkinfo?.info_slave_data?.isolated !== true).map(({ ifname }) => ifname)
  if (open.length < 2) return good('port isolation', `no two sandboxes meet on ${bridge}`)
  const mend = open.map((port) => `bridge link set dev ${port} isolated on`).join(' && ')
  return bad('port isolation', `sandboxes on ${bridge} reach one another past every rule: ${open.join(', ')}`, mend)
}

function sharedBridge(bridge: string): HostFinding {
  return doubtful(
    'shared bridge',
    `sandboxes on ${bridge} that can forge packets take one another's addresses, and what is open to them, unless each is bound to its port`,
    'give each sandbox an interface of its own, or bind it to its port: "Sandboxes on one bridge" in README',
  )
}

function defaultInterfaces(): readonly string[] {
  const ipv4 = read('/proc/net/route')
    .split('\n')
    .map((line) => line.split('\t'))
    .filter((fields) => fields[1] === '00000000' && fields[7] === '00000000')
  const ipv6 = read('/proc/net/ipv6_route')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1] === '00' && fields[0] === '0'.repeat(32))
  return [...ipv4.map((fields) => fields[0]!), ...ipv6.map((fields) => fields[9]!)]
}

function matches(name: string, pattern: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
}

function setting(path: string): string {
  return read(`/proc/sys/net/${path}`).trim()
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
