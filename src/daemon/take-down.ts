import type { Config } from '../config/config.ts'
import { NetlinkError } from '../linux/error.ts'
import { type Down, down } from '../updater/down.ts'
import { backendOf } from './backend.ts'
import { runningHolder } from './lock.ts'
import { statePaths } from './path.ts'
import { StartError } from './start-error.ts'
import { removeState } from './state-folder.ts'

/** Takes away the guard and what is kept in the state folder. Refuses while a sallyport of this state runs. Throws StartError. */
export async function takeDown(config: Config): Promise<Down> {
  const paths = statePaths(config.state)
  const holder = runningHolder(paths.lock)
  if (holder !== undefined) return { kind: 'refused', message: `"sallyport up" is running as process ${holder}: stop it first` }
  const outcome = await removeGuard(config, paths.leases)
  if (outcome.kind === 'done') removeState(paths)
  return outcome
}

async function removeGuard(config: Config, socketPath: string): Promise<Down> {
  try {
    return await down({ socketPath, table: config.updater.table })
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code !== 'EPERM') throw error
    // Whoever may not touch the kernel has not written a guard either; with these settings none is wanted.
    if (backendOf(config) === 'memory') return { kind: 'done', removed: [] }
    throw new StartError('removing the guard needs CAP_NET_ADMIN: run "sallyport down" as root', { cause: error })
  }
}
