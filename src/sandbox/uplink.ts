// The way out of the gateway: user-mode networking, so that nothing of the machine's own network is changed. Everything that such a
// program offers beside carrying packets is switched off: forwarded ports, the machine's loopback, DNS, DHCP.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { StartError } from '../daemon/start-error.ts'
import type { Families } from './family.ts'
import type { Gateway } from './gateway.ts'
import { DEVICE, FOLDER, HOST, type Pair, PLACE, PREFIX_LENGTH, RESOLVER, RESOLVER_HOP, SANDBOX } from './plan.ts'

export interface Uplink {
  readonly device: string
  /** Whose packets it carries, and their next hop. */
  readonly own: Pair
  readonly hop: Pair
  /** Is the next hop to stand for the machine's loopback? */
  readonly reachesHost: boolean
}

export function uplinks(options: { readonly allowsHost: boolean; readonly asksHost: boolean }): readonly Uplink[] {
  return [
    { device: DEVICE.sandboxUplink, own: SANDBOX, hop: HOST, reachesHost: options.allowsHost },
    { device: DEVICE.resolverUplink, own: RESOLVER, hop: RESOLVER_HOP, reachesHost: options.asksHost },
  ]
}

/** Starts one, and again when it ends before the gateway does. Resolves when it carries packets. Throws StartError. */
export async function startUplink(gateway: Gateway, uplink: Uplink, families: Families): Promise<void> {
  const pidFile = join(gateway.folder, `${uplink.device}.pid`)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setInterval(() => (existsSync(pidFile) ? resolve() : undefined), LOOK_MS)
  let isUp = false

  function start(): void {
    const [program, ...words] = [...gateway.inside('machine'), ...pastaWords(uplink, families)] as [string, ...string[]]
    const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'], detached: true })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-MOST_SAID)
    })
    child.on('error', reject)
    child.on('exit', (code) => {
      if (!isUp) reject(new StartError(NOT_EXECUTED.includes(code ?? 0) ? NEEDS_PASTA : `pasta has ended: ${withoutNoise(said)}`))
      else if (!gateway.isEnding) setTimeout(start, RESTART_MS).unref()
    })
  }

  start()
  await promise.finally(() => clearInterval(timer))
  isUp = true
}

const LOOK_MS = 5
/** nsenter(1) ends so where the program cannot be executed, or is not there. */
const NOT_EXECUTED: readonly number[] = [126, 127]
const NEEDS_PASTA = 'needs pasta, which carries the packets of the sandbox: install the package passt'
const RESTART_MS = 100
const MOST_SAID = 2_000

function pastaWords({ device, own, hop, reachesHost }: Uplink, families: Families): readonly string[] {
  const only = families.length === 1 ? [`-${families[0]}`] : []
  return [
    'pasta',
    ...['--foreground', '--stderr', '--quiet', '--pid', `${FOLDER}/${device}.pid`],
    // It would become nobody, who cannot enter the namespace; it gives up its capabilities all the same.
    ...['--runas', '0'],
    ...['--netns-only', '--netns', PLACE.gateway, '--ns-ifname', device],
    ...families.flatMap((family) => ['--address', own[family], '--gateway', hop[family]]),
    ...['--netmask', String(PREFIX_LENGTH[4])],
    ...only,
    ...['--tcp-ports', 'none', '--udp-ports', 'none', '--tcp-ns', 'none', '--udp-ns', 'none'],
    ...['--dns', 'none', '--search', 'none', '--no-dhcp', '--no-dhcpv6', '--no-ra'],
    ...(reachesHost ? [] : ['--no-map-gw']),
  ]
}

/** It complains of a missing system log with every line. */
function withoutNoise(said: string): string {
  return said
    .split('\n')
    .filter((line) => line !== '' && !line.includes('syslog'))
    .join('; ')
}
