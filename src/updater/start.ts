// What can stand in the way of a start, each with the way to mend it.

import { NetlinkError, SystemError } from '../linux/error.ts'
import { ClaimedError } from './claim.ts'
import type { Enforcer } from './enforcement.ts'
import { createMemoryFirewall, type Firewall } from './firewall.ts'
import { createKernelFirewall } from './kernel.ts'
import type { UpdaterOptions } from './options.ts'
import { UpdaterStartError } from './start-error.ts'
import { ForeignTableError } from './table.ts'

/** Settings that contradict each other. Throws UpdaterStartError. */
export function checkOptions({ firewall }: UpdaterOptions): void {
  const { backend, guard, interfaces, mirror, resolverUid } = firewall
  if (backend === 'memory' && guard !== 'none') {
    throw new UpdaterStartError(
      `updater.backend memory enforces nothing, but updater.guard is ${guard}: set backend to nftables, or guard to none`,
    )
  }
  if (backend === 'memory' && mirror.length > 0)
    throw new UpdaterStartError('updater.mirror names sets to fill: set updater.backend to nftables')
  if (guard === 'forward' && interfaces.length === 0) {
    throw new UpdaterStartError(
      'updater.guard forward needs updater.interfaces: name the sandbox-facing interfaces, as "br-sandbox" or "veth*"',
    )
  }
  if (guard === 'output' && resolverUid === undefined) {
    throw new UpdaterStartError('updater.guard output needs a user of its own for the resolver: start as root, or set resolver.user')
  }
}

/** Throws UpdaterStartError. */
export function openFirewall(options: UpdaterOptions): Firewall {
  if (options.firewall.backend === 'memory') return createMemoryFirewall()
  try {
    return createKernelFirewall(options)
  } catch (error) {
    if (error instanceof ClaimedError) throw new UpdaterStartError(`${error.message}; stop it, or set updater.table`, { cause: error })
    if (error instanceof NetlinkError || error instanceof SystemError) throw new UpdaterStartError(explainNoKernel(error), { cause: error })
    throw error
  }
}

/** The first touch of the table. Throws UpdaterStartError. */
export function adopt(enforcer: Enforcer, { firewall: { table } }: UpdaterOptions): void {
  try {
    enforcer.adopt()
  } catch (error) {
    if (error instanceof ForeignTableError)
      throw new UpdaterStartError(`${error.message}: rename it, or set updater.table`, { cause: error })
    if (error instanceof NetlinkError || error instanceof SystemError)
      throw new UpdaterStartError(explainNoTable(error, table), { cause: error })
    throw error
  }
}

function explainNoKernel(error: NetlinkError | SystemError): string {
  if (error.code === 'EPERM' || error.code === 'EACCES') {
    return 'needs CAP_NET_ADMIN: run as root, or give the capability (systemd: AmbientCapabilities=CAP_NET_ADMIN, Docker: --cap-add NET_ADMIN)'
  }
  return `this kernel has no nftables (${error.message}): load the module ("modprobe nf_tables"), or set updater.backend to memory and updater.guard to none`
}

function explainNoTable(error: NetlinkError | SystemError, table: string): string {
  if (error.code === 'EPERM')
    return `the table inet ${table} is owned by another running process: stop the other updater, or set updater.table`
  return `cannot write the table inet ${table}: ${error.message}`
}
