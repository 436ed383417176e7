// `sallyport doctor`: what the chosen set-up needs of this host, each tested by doing it.
import type { Config } from '../../config/config.ts'
import { askControl } from '../../daemon/control.ts'
import { runningHolder } from '../../daemon/lock.ts'
import { statePaths } from '../../daemon/path.ts'
import { examineEgress } from './egress.ts'
import { bad, doubtful, type HostFinding } from './finding.ts'
import { examineKernel } from './kernel.ts'
import { examineForwarding, examineIpv6Presence } from './network.ts'
import { examineCapabilities } from './process.ts'
import { type Cost, rehearse } from './rehearsal.ts'
import { examineResolving } from './resolving.ts'
import { examineClock, examinePrograms, examineUserNamespaces, examineZones } from './system.ts'

export interface DoctorOptions {
  readonly config: Config
  /** What to test for, where the settings guard nothing. */
  readonly guard: 'forward' | 'output' | undefined
  /** A process in the sandbox, whose capabilities are looked at. */
  readonly sandbox: number | undefined
  /** Whether the whole path is tried and measured. */
  readonly rehearsal: boolean
  readonly program: readonly [string, ...string[]]
}

export interface Diagnosis {
  readonly guard: 'forward' | 'output'
  readonly findings: readonly HostFinding[]
  readonly cost: Cost | undefined
}

export async function examineHost({ config, guard: wanted, sandbox, rehearsal, program }: DoctorOptions): Promise<Diagnosis> {
  const { updater } = config
  const guard = wanted ?? (updater.guard === 'none' ? 'forward' : updater.guard)
  const running = await runningParts(config)
  const easy = [
    ...(await examineZones(config)),
    ...(await examineResolving({ ...config, updater: { ...updater, guard } }, running.size > 0)),
    ...(guard === 'forward' ? examineForwarding(updater.interfaces) : [examineIpv6Presence()]),
    ...examineEgress(updater),
    examinePrograms(),
    examineUserNamespaces(),
    examineClock(config, Date.now()),
  ]
  if (process.getuid!() !== 0) return { guard, findings: [...easy, notRoot], cost: undefined }
  const capabilities = guard === 'output' || sandbox !== undefined ? [examineCapabilities(sandbox, running)] : []
  const kernel = examineKernel(guard)
  const { findings, cost } = rehearsal ? await rehearse({ guard, owner: updater.owner, program }) : { findings: [], cost: undefined }
  return { guard, findings: [...unguarded(config, wanted), ...easy, ...capabilities, ...kernel, ...findings], cost }
}

const notRoot = bad('privileges', 'kernel, capabilities and the whole path can be tested by root alone', 'sudo sallyport doctor')

function unguarded({ updater }: Config, wanted: DoctorOptions['guard']): readonly HostFinding[] {
  if (updater.guard !== 'none' || wanted !== undefined || updater.mirror.length > 0) return []
  return [doubtful('guard', 'the settings guard nothing; this is what guard forward would need', 'set updater.guard, or sallyport run')]
}

/** Process ids of a sallyport with these settings: supervisor and parts. */
async function runningParts(config: Config): Promise<ReadonlySet<number>> {
  const { resolverControl, updaterControl, lock } = statePaths(config.state)
  const answers = await Promise.all([resolverControl, updaterControl].map((path) => askControl(path, '/status').catch(() => undefined)))
  const parts = answers.flatMap((status) => (status === undefined ? [] : [(status as { readonly pid: number }).pid]))
  const supervisor = runningHolder(lock)
  return new Set(supervisor === undefined ? parts : [...parts, supervisor])
}
