import type { Config } from '../config/config.ts'
import type { Part } from './identity.ts'
import { capabilitiesToKeep, standingOf } from './standing.ts'

/** The words by which a part is started without what it has no need of; undefined where it gives that up itself. */
export function confinementOf(part: Part, config: Config, warn: (sentence: string) => void): readonly [string, ...string[]] | undefined {
  const standing = standingOf(part, config)
  if (standing.kind !== 'confined') return undefined
  const { path, mend } = standing.obstacle
  warn(`only root can pass ${path}, so the ${part} stays root, without root's capabilities; "${mend}" lets it become a user of its own`)
  const bounding = ['-all', ...capabilitiesToKeep(part, config).map((capability) => `+${capability}`)].join(',')
  return ['setpriv', `--bounding-set=${bounding}`, '--inh-caps=-all', '--']
}
