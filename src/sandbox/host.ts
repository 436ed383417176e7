// What stands in the way of a sandbox on this machine, and how to mend it.

import { accessSync, constants } from 'node:fs'
import { StartError } from '../daemon/start-error.ts'
import type { Families } from './family.ts'

const TUN = '/dev/net/tun'

/** Throws StartError. */
export function checkHost(families: Families): void {
  if (families.length === 0) throw new StartError('this machine has no default route, so that nothing could be reached from a sandbox')
  try {
    accessSync(TUN, constants.R_OK | constants.W_OK)
  } catch (cause) {
    const mend = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'modprobe tun' : `chmod 666 ${TUN}`
    throw new StartError(`cannot open ${TUN}, by which the packets of a sandbox leave: run "sudo ${mend}"`, { cause })
  }
}

/** Why the namespaces cannot be made; the kernel's own words have been printed. */
export function describeRefusal(): string {
  const common = 'the namespaces of the sandbox cannot be made; the reason is above'
  if (process.getuid!() === 0) return `${common}. In a container it takes CAP_SYS_ADMIN and CAP_NET_ADMIN`
  return `${common}. Where user namespaces are closed to ordinary users (sysctl kernel.apparmor_restrict_unprivileged_userns, user.max_user_namespaces), call it with sudo: the command still runs as you`
}
