// The world of a run: sandbox, neighbour, gateway and far side, each in a network namespace without a name that ends with its process.
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { inNamespaceOf, inNewNamespace } from '../../linux/namespace.ts'
import type { Capability } from '../../linux/privilege.ts'
import type { AttackerOperations, Role } from './attacker.ts'
import { startWorker, type Worker } from './channel.ts'
import type { NamedAttack } from './corpus.ts'
import { FAR, GATEWAY, type GuardUnderTest, NEIGHBOUR, NEIGHBOUR_GATEWAY, type Pair, SANDBOX, SANDBOX_GATEWAY } from './plan.ts'
import { quietly } from './script.ts'
import { trackFtp } from './tracker.ts'
import type { Knock, WitnessOperations } from './witness.ts'

export interface World {
  readonly token: string
  readonly far: Worker<WitnessOperations>
  readonly gateway: Worker<WitnessOperations>
  readonly neighbour: Worker<WitnessOperations> | undefined
  /** In the sandbox: with no privilege at all, and with those over its own namespace. */
  readonly plain: Worker<AttackerOperations>
  readonly privileged: Worker<AttackerOperations>
  /** Ends when everybody plays his part. */
  begin(): Promise<void>
  close(): Promise<void>
}

/** What the far side listens on. */
const FAR_PORTS: readonly number[] = [22, 25, 80, 443, 853, 3128, 5432, 8080, 8443]
/** What the gateway has open beside the resolver. */
export const GATEWAY_PORTS: readonly number[] = [22, 67, 80, 443, 2375, 8080, 9100]
/** Everybody may ping, as with systemd. */
const PINGS = { 'ipv4/ping_group_range': '0 2147483647' }
/** The gateway's kernel believes whatever it is told, so that the guard alone is tried. kube-proxy asks for route_localnet, VPNs for loose rp_filter. */
const CARELESS = {
  ...PINGS,
  'ipv4/conf/all/rp_filter': 0,
  'ipv4/conf/default/rp_filter': 0,
  'ipv4/conf/all/accept_local': 1,
  'ipv4/conf/all/route_localnet': 1,
  'ipv4/conf/all/accept_source_route': 1,
  'ipv4/conf/default/accept_source_route': 1,
  'ipv4/icmp_echo_ignore_broadcasts': 0,
  'ipv6/conf/all/accept_source_route': 1,
  'ipv6/conf/default/accept_source_route': 1,
  'ipv6/conf/default/accept_ra': 2,
  'ipv6/conf/default/accept_ra_rt_info_max_plen': 128,
  'ipv6/conf/default/accept_redirects': 1,
  // In seconds, of which they are 30 and 60 by default.
  'ipv4/ipfrag_time': 1,
  'ipv6/ip6frag_time': 1,
}
/** Connection tracking puts fragments together before anybody: known once it is there. */
const IMPATIENT = { 'netfilter/nf_conntrack_frag6_timeout': 1 }
const SANDBOX_CAPABILITIES = ['net_admin', 'net_raw', 'setuid', 'setgid'] as const
const NOBODY = 65_534

export interface WorldOptions {
  /** Says that an attack is ready for what happens to the guard; ends when it has happened. */
  readonly disturbed?: (number: number) => Promise<void>
  /** A sandbox without privileges and without a neighbour is enough. */
  readonly lone?: boolean
  /** What will be tried in it. */
  readonly attacks?: readonly NamedAttack[]
}

/** Everybody is linked to everybody when it returns, and about to begin. Throws where that cannot be done. */
export function createWorld(guard: GuardUnderTest, { disturbed = noDisturbance, lone = false, attacks = [] }: WorldOptions = {}): World {
  const token = randomBytes(4).toString('hex')
  const workers: { close(): Promise<void> }[] = []
  const keep = <W extends { close(): Promise<void> }>(worker: W): W => {
    workers.push(worker)
    return worker
  }
  const startWitness = () => keep(startWorker<WitnessOperations>('witness', [token], inNewNamespace))
  const startAttacker = (
    own: readonly NamedAttack[],
    device: string,
    capabilities: readonly Capability[],
    enter: typeof inNewNamespace,
  ) => {
    const identity = { uid: NOBODY, gid: NOBODY, keep: capabilities }
    const role: Role = { token, guard, attacks: own.map(({ number }) => number), device, identity, far: undefined }
    return keep(startWorker<AttackerOperations>('attacker', [JSON.stringify(role)], enter, { disturbed, knock }))
  }
  const knock = (argument: Knock): Promise<void> => far.call('knock', argument)
  const close = async (): Promise<void> => void (await Promise.all(workers.map((worker) => worker.close())))

  const isInside = guard === 'output'
  const isOne = isInside || lone
  const far = startWitness()
  const gateway = startWitness()
  const neighbour = isOne ? undefined : startWitness()
  const inGateway = <T>(act: () => T): T => inNamespaceOf(gateway.pid, act)
  const plain = startAttacker(
    attacks.filter((each) => isOne || !needsPrivilege(each)),
    isInside ? 'wan0' : 'eth0',
    [],
    isInside ? inGateway : inNewNamespace,
  )
  const inSandbox = <T>(act: () => T): T => inNamespaceOf(plain.pid, act)
  const privileged = isOne ? plain : startAttacker(attacks.filter(needsPrivilege), 'eth0', SANDBOX_CAPABILITIES, inSandbox)
  try {
    linkFar(gateway.pid, far.pid)
    // Without a guard it would guard a little: connection tracking takes no fragment that does not fit.
    if (guard !== 'none' && !lone) {
      inGateway(trackFtp)
      quietly(() => sysctl(gateway.pid, IMPATIENT))
    }
    if (!isInside) linkSandbox(gateway.pid, plain.pid, 'sbx1', SANDBOX, SANDBOX_GATEWAY)
    if (neighbour !== undefined) linkSandbox(gateway.pid, neighbour.pid, 'sbx2', NEIGHBOUR, NEIGHBOUR_GATEWAY)
  } catch (error) {
    void close()
    throw error
  }

  async function begin(): Promise<void> {
    const judged = { device: 'eth0', sandbox: isInside ? GATEWAY : SANDBOX, resolver: guard === 'none' ? SANDBOX : GATEWAY }
    await Promise.all([
      far.call('answer'),
      far.call('serve', { ports: FAR_PORTS }),
      far.call('watch', { where: 'far side', ...judged }),
      isInside ? undefined : gateway.call('trap', { ports: GATEWAY_PORTS }),
      neighbour?.call('watch', { where: 'neighbour', ...judged }),
    ])
  }

  return { token, far, gateway, neighbour, plain, privileged, begin, close }
}

/** Which of the two in the sandbox makes it. */
export function needsPrivilege({ assumes = [] }: NamedAttack): boolean {
  return assumes.length > 0
}

async function noDisturbance(): Promise<void> {}

/** Nor are link-local addresses looked for twice: until that has ended, nothing is passed on over IPv6. To be set before there are devices. */
const AT_ONCE = { 'ipv6/conf/all/accept_dad': 0, 'ipv6/conf/default/accept_dad': 0 }

function linkFar(gatewayPid: number, farPid: number): void {
  for (const pid of [gatewayPid, farPid]) sysctl(pid, AT_ONCE)
  configure(gatewayPid, [
    'link set lo up',
    `link add wan0 type veth peer name eth0 netns ${farPid}`,
    ...addressed('wan0', GATEWAY, { 4: 30, 6: 64 }),
    ...defaultRoutes(FAR),
  ])
  configure(farPid, [
    'link set lo up',
    ...addressed('eth0', FAR, { 4: 30, 6: 64 }),
    // Every address is the far side's own, but those behind the gateway.
    'route add local 0.0.0.0/0 dev lo table main',
    'route add local ::/0 dev lo table main',
    `route add 10.77.0.0/16 via ${GATEWAY[4]}`,
    `route add fd77::/16 via ${GATEWAY[6]}`,
  ])
  sysctl(gatewayPid, { 'ipv4/ip_forward': 1, 'ipv6/conf/all/forwarding': 1, ...CARELESS })
  sysctl(farPid, { 'ipv6/ip_nonlocal_bind': 1, 'ipv4/conf/all/rp_filter': 0, 'ipv4/conf/eth0/rp_filter': 0 })
}

function linkSandbox(gatewayPid: number, sandboxPid: number, device: string, own: Pair, gateway: Pair): void {
  sysctl(sandboxPid, { ...AT_ONCE, ...PINGS })
  configure(gatewayPid, [
    `link add ${device} type veth peer name eth0 netns ${sandboxPid}`,
    ...addressed(device, gateway, { 4: 24, 6: 64 }),
  ])
  // That nobody answers is known after three attempts, of a second each by default.
  sysctl(gatewayPid, { [`ipv4/neigh/${device}/retrans_time_ms`]: 100, [`ipv6/neigh/${device}/retrans_time_ms`]: 100 })
  configure(sandboxPid, ['link set lo up', ...addressed('eth0', own, { 4: 24, 6: 64 }), ...defaultRoutes(gateway)])
}

/** Without duplicate address detection, so that they can be used at once. */
function addressed(device: string, addresses: Pair, lengths: { readonly 4: number; readonly 6: number }): readonly string[] {
  return [
    `link set ${device} up`,
    `address add ${addresses[4]}/${lengths[4]} dev ${device}`,
    `address add ${addresses[6]}/${lengths[6]} dev ${device} nodad`,
  ]
}

function defaultRoutes(gateway: Pair): readonly string[] {
  return [`route add 0.0.0.0/0 via ${gateway[4]}`, `route add ::/0 via ${gateway[6]}`]
}

/** Runs ip(8) commands in the namespace of a process. */
function configure(pid: number, commands: readonly string[]): void {
  const input = commands.map((command) => `${command}\n`).join('')
  const { status, stderr, error } = inNamespaceOf(pid, () => spawnSync('ip', ['-batch', '-'], { encoding: 'utf8', input }))
  if (error !== undefined) throw new Error('cannot run ip(8): install the package iproute2', { cause: error })
  if (status !== 0) {
    const failed = commands[Number(/-:(\d+)/.exec(stderr)?.[1]) - 1]
    throw new Error(`ip ${failed ?? '-batch'}: ${stderr.trim()}`)
  }
}

function sysctl(pid: number, values: Readonly<Record<string, number | string>>): void {
  inNamespaceOf(pid, () => {
    for (const [key, value] of Object.entries(values)) writeFileSync(`/proc/sys/net/${key}`, String(value))
  })
}
