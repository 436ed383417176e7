// Names and addresses of the namespaces of a run. They are the same in every run, for no two of them ever meet.

import { type Address, parseAddress } from '../net/address.ts'

export interface Pair {
  readonly 4: Address
  readonly 6: Address
}

/** The gateway's devices: towards the sandbox; for what the sandbox sends; for what the resolver asks. */
export const DEVICE = { sandbox: 'sbx0', sandboxUplink: 'up0', resolverUplink: 'dns0' } as const
/** The device inside the sandbox. */
export const INNER_DEVICE = 'eth0'

/** From the top of the shared address space (RFC 6598), and a unique local prefix (RFC 4193) that was drawn for this. */
export const SANDBOX = pair('100.127.254.2', 'fd5a:11e9:9047:254::2')
/** The gateway as the sandbox sees it: there the resolver listens. */
export const GATEWAY = pair('100.127.254.1', 'fd5a:11e9:9047:254::1')
/** The next hop of what the sandbox sends. Where a service of the host is allowed, it stands for the host. */
export const HOST = pair('100.127.253.2', 'fd5a:11e9:9047:253::2')
/** The resolver's own side: its address, and its next hop, which stands for the host where the upstream listens on loopback. */
export const RESOLVER = pair('100.127.252.100', 'fd5a:11e9:9047:252::100')
export const RESOLVER_HOP = pair('100.127.252.2', 'fd5a:11e9:9047:252::2')

/** Of each of those links. */
export const PREFIX_LENGTH = { 4: 24, 6: 64 } as const

/** What the sandbox calls the machine that it runs on. */
export const HOST_NAME = 'host'

/** The gateway's private folder, in its mount namespace: a tmpfs that nobody else sees, and that goes with the last process. */
export const FOLDER = '/dev/shm'
export const PLACE = {
  gateway: `${FOLDER}/gateway.net`,
  sandbox: `${FOLDER}/sandbox.net`,
  state: `${FOLDER}/state`,
  etc: `${FOLDER}/etc`,
  skeleton: `${FOLDER}/skeleton`,
  world: `${FOLDER}/world`,
  shm: `${FOLDER}/shm`,
  pts: `${FOLDER}/pts`,
  gatewayBinds: `${FOLDER}/gateway-binds`,
  newMounts: `${FOLDER}/new`,
  binds: `${FOLDER}/binds`,
  rbinds: `${FOLDER}/rbinds`,
  check: `${FOLDER}/check`,
  asks: `${FOLDER}/asks`,
  mapped: `${FOLDER}/mapped`,
  begin: `${FOLDER}/begin`,
  zones: `${FOLDER}/zones`,
} as const
/** Below PLACE.zones: the folders of the settings, and what the command line allows. */
export const ZONES = { one: 'one', base: 'base', app: 'app', allowed: 'allowed' } as const

function pair(four: string, six: string): Pair {
  return { 4: parseAddress(four)!, 6: parseAddress(six)! }
}
