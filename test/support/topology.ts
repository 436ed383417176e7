// Links, addresses and routes of the test world. Who runs in it is world.ts's matter.
import { createNamespace, type Namespace, runCommand } from './namespace.ts'

/** The upstream resolver's addresses, and the gateway's on the same wire. */
export const UPSTREAM4 = '198.51.100.2'
export const UPSTREAM6 = '2001:db8:ff::2'
export const GATEWAY4 = '198.51.100.1'
export const GATEWAY6 = '2001:db8:ff::1'
export const GATEWAY_ETHERNET = '02:00:00:00:00:01'

/** The internet answers for every address in these (AnyIP): documentation ranges, some private ones, and cloud metadata. */
const INTERNET_PREFIXES = ['192.0.2.0/24', '203.0.113.0/24', '10.99.0.0/24', '169.254.169.254/32', '2001:db8:1::/48', 'fd99::/64']

export interface SandboxLink {
  readonly namespace: Namespace
  readonly address4: string
  readonly address6: string
  readonly gateway4: string
  readonly gateway6: string
}

export function createInternetLink(): { readonly gateway: Namespace; readonly internet: Namespace } {
  const gateway = createNode('gateway')
  const internet = createNode('internet')
  setKernel(gateway, { 'ipv4/ip_forward': 1, 'ipv6/conf/all/forwarding': 1 })
  setKernel(internet, { 'ipv4/tcp_max_syn_backlog': 4096, 'core/somaxconn': 4096, 'ipv6/ip_nonlocal_bind': 1 })
  link(gateway, 'wan0', internet, 'eth0', GATEWAY_ETHERNET)
  addAddresses(gateway, 'wan0', [`${GATEWAY4}/24`, `${GATEWAY6}/64`])
  addAddresses(internet, 'eth0', [`${UPSTREAM4}/24`, `${UPSTREAM6}/64`])
  addRoutes(gateway, [
    ['default', 'via', UPSTREAM4],
    ['default', 'via', UPSTREAM6],
  ])
  addRoutes(
    internet,
    INTERNET_PREFIXES.map((prefix) => ['local', prefix, 'dev', 'lo']),
  )
  addRoutes(internet, [
    ['10.77.0.0/16', 'via', GATEWAY4],
    ['fd77::/16', 'via', GATEWAY6],
  ])
  return { gateway, internet }
}

/** Sandbox `index` hangs on the gateway's device "sbx<index>". */
export function createSandboxLink(gateway: Namespace, label: string, index: number): SandboxLink {
  const namespace = createNode(label)
  const addresses = {
    address4: `10.77.${index}.2`,
    address6: `fd77:${index}::2`,
    gateway4: `10.77.${index}.1`,
    gateway6: `fd77:${index}::1`,
  }
  link(gateway, `sbx${index}`, namespace, 'eth0', `02:00:00:00:01:0${index}`)
  addAddresses(gateway, `sbx${index}`, [`${addresses.gateway4}/24`, `${addresses.gateway6}/64`])
  addAddresses(namespace, 'eth0', [`${addresses.address4}/24`, `${addresses.address6}/64`])
  addRoutes(namespace, [
    ['default', 'via', addresses.gateway4],
    ['default', 'via', addresses.gateway6],
  ])
  return { namespace, ...addresses }
}

/** Without duplicate address detection: until that is over, a router asks for no neighbour. */
function createNode(label: string): Namespace {
  const node = createNamespace(label)
  setKernel(node, { 'ipv6/conf/default/accept_dad': 0 })
  return node
}

function setKernel(namespace: Namespace, settings: Readonly<Record<string, number>>): void {
  const writes = Object.entries(settings).map(([key, value]) => `echo ${value} > /proc/sys/net/${key}`)
  namespace.run(['sh', '-ec', writes.join('\n')])
}

function link(one: Namespace, device: string, other: Namespace, peer: string, ethernet: string): void {
  const near = ['name', device, 'address', ethernet, 'netns', one.name]
  runCommand(['ip', 'link', 'add', ...near, 'type', 'veth', 'peer', 'name', peer, 'netns', other.name])
  one.run(['ip', 'link', 'set', device, 'up'])
  other.run(['ip', 'link', 'set', peer, 'up'])
}

/** Without duplicate address detection, so that they can be used at once. */
export function addAddresses(namespace: Namespace, device: string, addresses: readonly string[]): void {
  for (const address of addresses) {
    namespace.run(['ip', 'address', 'add', address, 'dev', device, ...(address.includes(':') ? ['nodad'] : [])])
  }
}

export function removeAddresses(namespace: Namespace, device: string, addresses: readonly string[]): void {
  for (const address of addresses) namespace.run(['ip', 'address', 'delete', address, 'dev', device])
}

function addRoutes(namespace: Namespace, routes: readonly (readonly string[])[]): void {
  for (const route of routes) {
    const family = route.some((word) => word.includes(':')) ? '-6' : '-4'
    namespace.run(['ip', family, 'route', 'add', ...route])
  }
}
