// Telling whoever started this process, or waits for it, that it is ready, and that it lives.

import type { ServiceManager } from '../config/environment.ts'
import { SystemError } from '../linux/error.ts'
import { notifyManager } from '../linux/notify.ts'
import { putUpSign } from '../linux/sign.ts'
import type { Logger } from '../log.ts'
import type { Connected, Ready } from './message.ts'

/** For who waits in the same network namespace: deploy/docker/guarded, and health checks that cost next to nothing. */
const SIGN = { resolver: 'sallyport/resolver', updater: 'sallyport/guarded' } as const

/** By a sign in the network namespace. And to our supervisor over Node's channel, else to the service manager, with a sign of life for its watchdog from then on. */
export function announceReady(ready: Ready, manager: ServiceManager | undefined, log: Logger): void {
  if (ready.part === 'resolver' || ready.guard !== 'none') putUpSign(SIGN[ready.part])
  if (process.connected) {
    process.send?.(ready)
    return
  }
  if (manager === undefined) return
  notify(manager, 'READY=1', log)
  // A process that hangs does not come to its timers.
  if (manager.watchdogMs !== undefined) setInterval(() => notify(manager, 'WATCHDOG=1', log), manager.watchdogMs / 2).unref()
}

/** Tells whoever started this process, and may have ended meanwhile, that the resolver has heard from the updater. */
export function announceConnected(): void {
  if (process.connected) process.send?.({ connected: true } satisfies Connected, undefined, undefined, () => {})
}

export function notify({ socket }: ServiceManager, message: string, log: Logger, descriptor?: number): void {
  try {
    notifyManager(socket, message, descriptor)
  } catch (error) {
    if (!(error instanceof SystemError)) throw error
    log.warn({ socket, reason: error.message }, `cannot tell the service manager ${message.replaceAll('\n', ' ')}`)
  }
}
