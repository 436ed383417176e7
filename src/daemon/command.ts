import type { Logger } from '../log.ts'
import type { Part } from './identity.ts'
import type { Standing } from './standing.ts'

/** What setpriv(1) leaves in a program that goes on as root: these capabilities, in every thread. */
const BOUNDING: Readonly<Record<Part, string>> = { resolver: '-all', updater: '-all,+net_admin' }

/** How a part is started: this program, with the part as command. */
export function commandOf(part: Part, standing: Standing, parameters: readonly string[], log: Logger): [string, ...string[]] {
  const program: [string, ...string[]] = [process.execPath, process.argv[1]!, part, ...parameters]
  if (standing.kind !== 'confined') return program
  const { path, mend } = standing.obstacle
  log.warn(
    {},
    `only root can pass ${path}, so the ${part} stays root, without root's capabilities; "${mend}" lets it become a user of its own`,
  )
  return ['setpriv', `--bounding-set=${BOUNDING[part]}`, '--inh-caps=-all', '--', ...program]
}
