// The zone files of a run are read before the command begins: whoever called is there to mend them.

import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Config } from '../config/config.ts'
import { policySettings } from '../daemon/policy-settings.ts'
import { StartError } from '../daemon/start-error.ts'
import { loadPolicy } from '../zones/loader.ts'
import { formatProblem } from '../zones/parse.ts'

/**
 * The usual folder may be missing, where --allow says all. Rejects with StartError.
 * @param inside the settings of the gateway, whose zone folders are other names for those of `outside`
 */
export async function checkZones(outside: Config, inside: Config): Promise<void> {
  const { zones, file } = outside
  const usual = resolve(file === undefined ? '.' : dirname(file), 'zones')
  if (zones.kind === 'one' && zones.folder === usual && !existsSync(usual)) return
  const load = await loadPolicy(zones, policySettings({ ...inside, zones }))
  if (load.kind === 'loaded') return
  throw new StartError(load.problems.map(formatProblem).join('\n'))
}
