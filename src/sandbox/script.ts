// The shell text that makes the namespaces. Shell, because a process with threads, as every Node.js is, cannot enter a user namespace.

import { formatPrefix, type Prefix } from '../net/prefix.ts'
import type { Service } from './allowed.ts'
import { type Mount, tableLine } from './mount.ts'
import { DEVICE, FOLDER, GATEWAY, HOST, INNER_DEVICE, type Pair, PLACE, PREFIX_LENGTH, RESOLVER, RESOLVER_HOP, SANDBOX } from './plan.ts'
import { HOLD_KEYS, quote } from './shell.ts'

type Family = 4 | 6

/** The descriptors over which the gateway is told to go on, and tells. */
export const ORDERS = 3
export const REPORTS = 4

const SERVICE_RULE = 50
const CLOSED_TABLE = 51
const SANDBOX_TABLE = 52
const OWN_TABLE = 53

export interface GatewayPlan {
  readonly families: readonly Family[]
  /** What goes on beside the command, and the line that starts it once all is ready; its words are "$@". */
  readonly beside: string
  readonly command: string
}

/**
 * What the first process of the gateway's PID namespace runs. It says "made" when the namespaces and the folder are there, makes the
 * devices, waits until the folder is furnished, and says "up" when all stands; it makes the sandbox, has the command wait for the order
 * to begin, says "exit N" when that has ended, and stays until the orders end; then everything ends, whatever it is doing.
 */
export function gatewayScript({ families, beside, command }: GatewayPlan): string {
  return `set -e
mount -t proc proc /proc
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs ${FOLDER}
echo made >&${REPORTS}
${withoutDetection(families)}
: >${PLACE.sandbox}
unshare --net=${PLACE.sandbox} sh -ec ${quote(sandboxScript(families))}
${batch('ip', [...deviceLines, ...families.flatMap(gatewayLines)])}
${families.map((family) => batch(`ip -${family}`, ruleLines)).join('\n')}
${forwardingLines(families).join('\n')}
read -r furnished <&${ORDERS}
${tableLine(PLACE.gatewayBinds, 'bind')}
echo up >&${REPORTS}
mkfifo ${PLACE.begin} ${PLACE.asks} ${PLACE.mapped}
(exec 6<>${PLACE.begin}; read -r order <&${ORDERS} && echo >&6; read -r order <&${ORDERS} || :; kill -9 -1 2>/dev/null) ${REPORTS}>&- &
exec 5>&2 2>/dev/null
set +e
${HOLD_KEYS}
${beside}
${command} 2>&5 ${ORDERS}<&- ${REPORTS}>&- 5>&-
echo "exit $?" >&${REPORTS}
wait
`
}

/** Closes what the sandbox sends there, flows that have begun included, whatever the rules would let pass. */
export function closingScript(prefixes: readonly Prefix[]): string {
  return batch(
    'ip',
    prefixes.map((prefix) => `route replace prohibit ${formatPrefix(prefix)} table ${CLOSED_TABLE}`),
  )
}

/** Closes an address but for some of its ports, whatever name or network is allowed too. */
export function servicesScript(services: readonly Service[]): string {
  const lines = services.flatMap(({ address: to, ports }) => [
    ...ports.flatMap(({ protocol, first, last }) =>
      (protocol === 'any' ? ['tcp', 'udp'] : [protocol]).map(
        (each) =>
          `rule add iif ${DEVICE.sandbox} to ${to} ipproto ${each} dport ${Math.max(first, 1)}-${last} goto ${SANDBOX_TABLE} pref ${SERVICE_RULE}`,
      ),
    ),
    `route replace prohibit ${to} table ${CLOSED_TABLE}`,
  ])
  const [of4, of6] = [lines.filter((line) => !line.includes(':')), lines.filter((line) => line.includes(':'))]
  return `${batch('ip -4', of4)}\n${batch('ip -6', of6)}`
}

/** What is bound in the gateway: its network namespace, for programs that want a path, and folders of zone files, by their names below PLACE.zones. */
export function gatewayBinds(zones: Readonly<Record<string, string>>): readonly Mount[] {
  return [
    { source: '/proc/self/ns/net', target: PLACE.gateway },
    ...Object.entries(zones).map(([name, folder]) => ({ source: folder, target: `${PLACE.zones}/${name}` })),
  ]
}

/** Duplicate address detection would keep link-local addresses from being used for a second, and nobody can have the same. */
function withoutDetection(families: readonly Family[]): string {
  return families.includes(6) ? 'for each in all default; do echo 0 >/proc/sys/net/ipv6/conf/$each/accept_dad; done' : ':'
}

/** The sandbox makes the pair, and has its own end of it at once. */
const deviceLines = [
  'link set lo up',
  `tuntap add ${DEVICE.sandboxUplink} mode tap`,
  `tuntap add ${DEVICE.resolverUplink} mode tap`,
  ...Object.values(DEVICE).map((device) => `link set ${device} up`),
]

/** What the gateway itself sends goes its own way; what it passes on does not. */
function gatewayLines(family: Family): readonly string[] {
  const { sandbox, sandboxUplink, resolverUplink } = DEVICE
  return [
    address(family, sandbox, GATEWAY),
    address(family, resolverUplink, RESOLVER),
    `route add default via ${HOST[family]} dev ${sandboxUplink} onlink`,
    `route add default via ${RESOLVER_HOP[family]} dev ${resolverUplink} table ${OWN_TABLE}`,
  ]
}

const ruleLines = [
  `rule add iif ${DEVICE.sandbox} lookup ${CLOSED_TABLE} pref ${CLOSED_TABLE}`,
  `rule add iif lo lookup main suppress_prefixlength 0 pref ${SANDBOX_TABLE}`,
  `rule add iif lo lookup ${OWN_TABLE} pref ${OWN_TABLE}`,
]

function sandboxScript(families: readonly Family[]): string {
  const lines = [
    'link set lo up',
    `link add ${INNER_DEVICE} type veth peer name ${DEVICE.sandbox} netns /proc/1/ns/net`,
    `link set ${INNER_DEVICE} up`,
    ...families.flatMap((family) => [address(family, INNER_DEVICE, SANDBOX), `route add default via ${GATEWAY[family]}`]),
  ]
  return `${withoutDetection(families)}\n${batch('ip', lines)}`
}

function batch(program: string, lines: readonly string[]): string {
  return `${program} -batch - <<'EOF'\n${lines.join('\n')}\nEOF`
}

/** Without duplicate address detection, so that it can be used at once. */
function address(family: Family, device: string, addresses: Pair): string {
  return `address add ${addresses[family]}/${PREFIX_LENGTH[family]} dev ${device}${family === 6 ? ' nodad' : ''}`
}

function forwardingLines(families: readonly Family[]): readonly string[] {
  const setting = { 4: 'ipv4/ip_forward', 6: 'ipv6/conf/all/forwarding' }
  return families.map((family) => `echo 1 >/proc/sys/net/${setting[family]}`)
}
