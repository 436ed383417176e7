import { spawnSync } from 'node:child_process'
import type { Config } from '../config/config.ts'
import type { Part } from './identity.ts'
import { capabilitiesToKeep, standingOf } from './standing.ts'
import { StartError } from './start-error.ts'

/** The words by which a part is started without what it has no need of; undefined where it gives that up itself. Throws StartError where there is no program for that. */
export function confinementOf(part: Part, config: Config, warn: (sentence: string) => void): readonly [string, ...string[]] | undefined {
  const standing = standingOf(part, config)
  if (standing.kind !== 'confined') return undefined
  const { path, mend } = standing.obstacle
  const bounding = ['-all', ...capabilitiesToKeep(part, config).map((capability) => `+${capability}`)].join(',')
  const words = [`--bounding-set=${bounding}`, '--inh-caps=-all', '--']
  // BusyBox has a setpriv without a bounding set, and without CAP_SETPCAP nobody may change it: the part would be started in vain for ever.
  const { status, error, stderr } = spawnSync('setpriv', [...words, 'setpriv', '--version'], { encoding: 'utf8' })
  if (status !== 0) {
    const reason = error?.message ?? stderr.trim().split('\n')[0]
    throw new StartError(
      `only root can pass ${path}, and setpriv(1) cannot start the ${part} without root's capabilities: ${reason}; run "${mend}", or install the package util-linux`,
    )
  }
  warn(`only root can pass ${path}, so the ${part} stays root, without root's capabilities; "${mend}" lets it become a user of its own`)
  return ['setpriv', ...words]
}
