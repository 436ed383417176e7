import type { Config } from '../config/config.ts'
import type { Logger } from '../log.ts'
import type { Part } from './identity.ts'
import { capabilitiesToKeep, standingOf } from './standing.ts'

/** How a part is started: this program, with the part as command. */
export function commandOf(part: Part, config: Config, parameters: readonly string[], log: Logger): [string, ...string[]] {
  const standing = standingOf(part, config)
  const program: [string, ...string[]] = [process.execPath, process.argv[1]!, part, ...parameters]
  if (standing.kind !== 'confined') return program
  const { path, mend } = standing.obstacle
  log.warn(
    {},
    `only root can pass ${path}, so the ${part} stays root, without root's capabilities; "${mend}" lets it become a user of its own`,
  )
  const bounding = ['-all', ...capabilitiesToKeep(part, config).map((capability) => `+${capability}`)].join(',')
  return ['setpriv', `--bounding-set=${bounding}`, '--inh-caps=-all', '--', ...program]
}
