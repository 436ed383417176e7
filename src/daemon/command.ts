import type { Config } from '../config/config.ts'
import type { Logger } from '../log.ts'
import { CODE_ENDING, codePath, packagePath } from '../place.ts'
import type { Part } from './identity.ts'
import { capabilitiesToKeep, standingOf } from './standing.ts'

const PROGRAM = codePath(`part${CODE_ENDING}`)
/** As bin/sallyport has them: code that was compiled with other flags is compiled anew. */
const FLAGS = ['--max-semi-space-size=4', '--require', packagePath('bin/compiled.cjs')]

/** The words that run a part, which waits for its orders. */
export function programOf(part: Part): [string, ...string[]] {
  return [process.execPath, ...FLAGS, PROGRAM, part]
}

/** How a part is started as our child, without what it has no need of. */
export function commandOf(part: Part, config: Config, log: Logger): [string, ...string[]] {
  const standing = standingOf(part, config)
  const program = programOf(part)
  if (standing.kind !== 'confined') return program
  const { path, mend } = standing.obstacle
  log.warn(
    {},
    `only root can pass ${path}, so the ${part} stays root, without root's capabilities; "${mend}" lets it become a user of its own`,
  )
  const bounding = ['-all', ...capabilitiesToKeep(part, config).map((capability) => `+${capability}`)].join(',')
  return ['setpriv', `--bounding-set=${bounding}`, '--inh-caps=-all', '--', ...program]
}
