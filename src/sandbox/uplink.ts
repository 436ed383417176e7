// The way out of the gateway: user-mode networking, so that nothing of the machine's own network is changed. Everything that such a
// program offers beside carrying packets is switched off.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { StartError } from '../daemon/start-error.ts'
import type { Families } from './family.ts'
import { type Gateway, runInside, signalChildren } from './gateway.ts'
import { pastaWords, pidFileOf } from './pasta.ts'
import { DEVICE, HOST, type Pair, RESOLVER, RESOLVER_HOP, SANDBOX } from './plan.ts'
import { READY, slirpNeighbors, slirpWords } from './slirp.ts'

export interface Uplink {
  readonly device: string
  /** Whose packets it carries, and their next hop. */
  readonly own: Pair
  readonly hop: Pair
  /** Does the gateway itself have that address? */
  readonly isOwn: boolean
  /** Is the next hop to stand for the machine's loopback? */
  readonly reachesHost: boolean
}

export function uplinks(options: { readonly allowsHost: boolean; readonly asksHost: boolean }): readonly Uplink[] {
  return [
    { device: DEVICE.sandboxUplink, own: SANDBOX, hop: HOST, isOwn: false, reachesHost: options.allowsHost },
    { device: DEVICE.resolverUplink, own: RESOLVER, hop: RESOLVER_HOP, isOwn: true, reachesHost: options.asksHost },
  ]
}

interface Carrier {
  readonly program: 'pasta' | 'slirp4netns'
  words(uplink: Uplink, families: Families): readonly [string, ...string[]]
  /** Shell text for the gateway that makes it ready for this one. */
  prepare?(uplink: Uplink, families: Families): string
}

/** The first that is there. */
const CARRIERS: readonly [Carrier, ...Carrier[]] = [
  { program: 'pasta', words: pastaWords },
  { program: 'slirp4netns', words: slirpWords, prepare: slirpNeighbors },
]

/**
 * Starts one, and again when it ends before the gateway does. Resolves, when it carries packets, with what ends it: the kernel takes its
 * time to take a device away, which may be while other things end. Throws StartError.
 */
export async function startUplink(gateway: Gateway, uplink: Uplink, families: Families): Promise<() => void> {
  for (const carrier of CARRIERS) {
    const end = await startCarrier(carrier, gateway, uplink, families)
    if (end !== undefined) return end
  }
  throw new StartError(NEEDS_CARRIER)
}

/** Resolves with what ends it; undefined where the machine has not the program. */
async function startCarrier(carrier: Carrier, gateway: Gateway, uplink: Uplink, families: Families): Promise<(() => void) | undefined> {
  const pidFile = join(gateway.folder, pidFileOf(uplink.device))
  const { promise, resolve, reject } = Promise.withResolvers<boolean>()
  const timer = setInterval(() => (existsSync(pidFile) ? resolve(true) : undefined), LOOK_MS)
  let isUp = false
  let isEnding = false
  let pid: number | undefined

  function start(): void {
    const [program, ...words] = [...gateway.inside('machine'), ...carrier.words(uplink, families)] as [string, ...string[]]
    const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe', 'pipe'], detached: true })
    pid = child.pid
    let said = ''
    child.stderr!.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-MOST_SAID)
    })
    child.stdio[READY]!.on('data', () => resolve(true))
    child.on('error', reject)
    child.on('exit', (code) => {
      if (isUp && !isEnding && !gateway.isEnding) setTimeout(start, RESTART_MS).unref()
      if (isUp) return
      if (NOT_EXECUTED.includes(code ?? 0)) resolve(false)
      else reject(new StartError(`${carrier.program} has ended: ${withoutNoise(said)}`))
    })
  }

  function end(): void {
    isEnding = true
    if (pid !== undefined) signalChildren(pid, 'SIGKILL')
  }

  if (carrier.prepare !== undefined) runInside(gateway, carrier.prepare(uplink, families))
  start()
  isUp = await promise.finally(() => clearInterval(timer))
  return isUp ? end : undefined
}

const LOOK_MS = 5
/** nsenter(1) ends so where the program cannot be executed, or is not there. */
const NOT_EXECUTED: readonly number[] = [126, 127]
const NEEDS_CARRIER = 'needs pasta or slirp4netns, which carry the packets of the sandbox: install the package passt, or slirp4netns'
const RESTART_MS = 100
const MOST_SAID = 2_000

/** They complain of a missing system log, and tell of what they do not offer. */
function withoutNoise(said: string): string {
  return said
    .split('\n')
    .filter((line) => line !== '' && !line.includes('syslog'))
    .join('; ')
}
