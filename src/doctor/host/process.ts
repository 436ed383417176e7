// Who could get past a guard for output: processes of this network namespace with capabilities that it does not bind.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { type Capability, capabilitiesOf } from '../../linux/privilege.ts'
import { bad, good, type HostFinding } from './finding.ts'

/** DESIGN section 5: with these a process forges packets, rules or users. */
const UNBOUND: readonly Capability[] = ['net_admin', 'net_raw', 'setuid']
const MOST_SHOWN = 5

/** Of one process, or of all in our network namespace but ourselves and what runs us. */
export function examineCapabilities(pid: number | undefined, spared: ReadonlySet<number>): HostFinding {
  const topic = 'capabilities of the sandbox'
  if (pid !== undefined && !existsSync(`/proc/${pid}`))
    return bad(topic, `there is no process ${pid}`, 'name one of the sandbox that runs: --sandbox PID')
  const suspects = pid === undefined ? processesHere().filter((each) => !spared.has(each) && !ancestry(process.pid).includes(each)) : [pid]
  const holders = suspects.flatMap((each) => holderOf(each))
  if (holders.length === 0)
    return good(topic, pid === undefined ? 'no other process here holds any that a guard cannot bind' : 'none that a guard cannot bind')
  const rest = holders.length > MOST_SHOWN ? ` and ${holders.length - MOST_SHOWN} more` : ''
  return bad(
    topic,
    `can get past guard output: ${holders.slice(0, MOST_SHOWN).join('; ')}${rest}`,
    'start the sandbox without them: docker run --cap-drop NET_RAW --cap-drop SETUID, or setpriv --bounding-set -net_admin,-net_raw,-setuid --inh-caps -all',
  )
}

function holderOf(pid: number): readonly string[] {
  try {
    const { permitted } = capabilitiesOf(pid)
    const held = UNBOUND.filter((capability) => permitted.includes(capability))
    const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
    return held.length === 0 ? [] : [`process ${pid} (${name}) holds ${held.join(', ').toUpperCase()}`]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function processesHere(): readonly number[] {
  const here = readlinkSync('/proc/self/ns/net')
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && namespaceOf(pid) === here)
}

/** Undefined for kernel threads and for what has ended. */
function namespaceOf(pid: number): string | undefined {
  try {
    readlinkSync(`/proc/${pid}/exe`)
    return readlinkSync(`/proc/${pid}/ns/net`)
  } catch {
    return undefined
  }
}

function ancestry(pid: number): readonly number[] {
  if (pid <= 0) return []
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return [pid, ...ancestry(Number(/^PPid:\s*(\d+)/m.exec(status)?.[1] ?? 0))]
}
