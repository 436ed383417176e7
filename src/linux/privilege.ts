// Giving privileges up for good, and reading who has which.
import { readdirSync, readFileSync } from 'node:fs'
import { check, libc } from './libc.ts'

/** include/uapi/linux/capability.h, in the order of their numbers. */
const CAPABILITIES = [
  'chown',
  'dac_override',
  'dac_read_search',
  'fowner',
  'fsetid',
  'kill',
  'setgid',
  'setuid',
  'setpcap',
  'linux_immutable',
  'net_bind_service',
  'net_broadcast',
  'net_admin',
  'net_raw',
  'ipc_lock',
  'ipc_owner',
  'sys_module',
  'sys_rawio',
  'sys_chroot',
  'sys_ptrace',
  'sys_pacct',
  'sys_admin',
  'sys_boot',
  'sys_nice',
  'sys_resource',
  'sys_time',
  'sys_tty_config',
  'mknod',
  'lease',
  'audit_write',
  'audit_control',
  'setfcap',
  'mac_override',
  'mac_admin',
  'syslog',
  'wake_alarm',
  'block_suspend',
  'audit_read',
  'perfmon',
  'bpf',
  'checkpoint_restore',
] as const

export type Capability = (typeof CAPABILITIES)[number]

export interface CapabilitySets {
  readonly effective: readonly Capability[]
  readonly permitted: readonly Capability[]
  readonly inheritable: readonly Capability[]
  readonly bounding: readonly Capability[]
  readonly ambient: readonly Capability[]
}

/** A thread has more than it should. */
export class PrivilegeError extends Error {
  override readonly name = 'PrivilegeError'
}

/** Commands of include/uapi/linux/prctl.h */
const PR_SET_KEEPCAPS = 8
const PR_CAPBSET_DROP = 24
const PR_SET_NO_NEW_PRIVS = 38
const PR_CAP_AMBIENT = 47
const PR_CAP_AMBIENT_CLEAR_ALL = 4
/** What reading /proc says of a thread that has ended, before and after its file is opened. */
const ENDED = ['ENOENT', 'ESRCH']
const LINUX_CAPABILITY_VERSION_3 = 0x20080522

/**
 * Makes the running process another user without groups, and leaves its main thread exactly the capabilities of `keep`, every
 * other thread none; what it starts later gains nothing. To be called on the main thread, after everything that needs root.
 * Reads the outcome back from every thread; throws PrivilegeError if one has more, SystemError if a step is refused.
 */
export function dropPrivileges(options: { readonly uid: number; readonly gid: number; readonly keep: readonly Capability[] }): void {
  const { uid, gid, keep } = options
  // These C library functions change all threads (setxid in nptl(7)); those of prctl and capset change the calling one.
  check('setgroups', () => libc.setgroups(0, null))
  check('setresgid', () => libc.setresgid(gid, gid, gid))
  for (const number of CAPABILITIES.keys()) libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0) // refused without CAP_SETPCAP, and for numbers that this kernel has not
  prctl(PR_SET_KEEPCAPS, 1)
  check('setresuid', () => libc.setresuid(uid, uid, uid))
  setCapabilities(keep)
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
  setNoNewPrivileges()
  verify(options)
}

/** Leaves this thread, and what it starts later, no more capabilities than `keep`, whoever it runs as. Other threads keep theirs. Throws SystemError. */
export function limitCapabilities(keep: readonly Capability[]): void {
  for (const [number, capability] of CAPABILITIES.entries()) if (!keep.includes(capability)) libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0)
  setCapabilities(keep)
  setNoNewPrivileges()
}

/** From now on nothing that this thread or its children execute gains privileges: no set-user-id program, no file capability. */
export function setNoNewPrivileges(): void {
  prctl(PR_SET_NO_NEW_PRIVS, 1)
}

/** The capabilities of a process's main thread. Throws what reading /proc throws. */
export function capabilitiesOf(pid: number | 'self'): CapabilitySets {
  const status = readStatus(`/proc/${pid}/status`)
  return {
    effective: capabilitiesIn(maskOf(status, 'CapEff')),
    permitted: capabilitiesIn(maskOf(status, 'CapPrm')),
    inheritable: capabilitiesIn(maskOf(status, 'CapInh')),
    bounding: capabilitiesIn(maskOf(status, 'CapBnd')),
    ambient: capabilitiesIn(maskOf(status, 'CapAmb')),
  }
}

/** struct __user_cap_data_struct: effective, permitted, inheritable; capabilities 0 to 31, then 32 to 63. */
function setCapabilities(keep: readonly Capability[]): void {
  const mask = maskFrom(keep)
  const [low, high] = [Number(mask & 0xffffffffn), Number(mask >> 32n)]
  const header = Uint32Array.of(LINUX_CAPABILITY_VERSION_3, 0)
  const sets = Uint32Array.of(low, low, 0, high, high, 0)
  check('capset', () => libc.capset(header, sets))
}

function verify({ uid, gid, keep }: { readonly uid: number; readonly gid: number; readonly keep: readonly Capability[] }): void {
  for (const thread of readdirSync('/proc/self/task')) {
    const status = statusOfThread(thread)
    if (status === undefined) continue
    const allowed = Number(thread) === process.pid ? maskFrom(keep) : 0n
    const surplus = ['CapEff', 'CapPrm', 'CapInh', 'CapAmb'].find((field) => (maskOf(status, field) & ~allowed) !== 0n)
    const stranger = [...idsOf(status, 'Uid').map((id) => id !== uid), ...idsOf(status, 'Gid').map((id) => id !== gid)].includes(true)
    if (surplus !== undefined) throw new PrivilegeError(`thread ${thread} still has ${surplus} ${status.get(surplus)}`)
    if (stranger || status.get('Groups') !== '') throw new PrivilegeError(`thread ${thread} is still another user or in a group`)
  }
}

/** Undefined for a thread that has ended since it was listed: it holds nothing any more. */
function statusOfThread(thread: string): ReadonlyMap<string, string> | undefined {
  try {
    return readStatus(`/proc/self/task/${thread}/status`)
  } catch (error) {
    if (!ENDED.includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    return undefined
  }
}

function prctl(option: number, argument: number): void {
  check('prctl', () => libc.prctl(option, argument, 0, 0, 0))
}

/** The fields of a status file of proc(5), by name. */
function readStatus(path: string): ReadonlyMap<string, string> {
  const lines = readFileSync(path, 'utf8').split('\n')
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]))
}

function maskOf(status: ReadonlyMap<string, string>, field: string): bigint {
  return BigInt(`0x${status.get(field) ?? '0'}`)
}

function idsOf(status: ReadonlyMap<string, string>, field: string): readonly number[] {
  return (status.get(field) ?? '').split('\t').map(Number)
}

function maskFrom(capabilities: readonly Capability[]): bigint {
  return capabilities.reduce((mask, capability) => mask | (1n << BigInt(CAPABILITIES.indexOf(capability))), 0n)
}

function capabilitiesIn(mask: bigint): readonly Capability[] {
  return CAPABILITIES.filter((_, number) => (mask >> BigInt(number)) & 1n)
}
