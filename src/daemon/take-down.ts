import type { Config } from '../config/config.ts'
import { NetlinkError } from '../linux/error.ts'
import { type Down, down } from '../updater/down.ts'
import { backendOf } from './backend.ts'
import { runningHolder } from './lock.ts'
import { statePaths } from './path.ts'
import { StartError } from './start-error.ts'
import { removeState } from './state-folder.ts'

/** `stays`: folders of another user, which were left. */
export type TakenDown = Down & { readonly stays: readonly string[] }

/** Takes away the guard and what is kept in the state folder. Refuses while a sallyport of this state runs. Throws StartError. */
export async function takeDown(config: Config): Promise<TakenDown> {
  const paths = statePaths(config.state)
  const holder = runningHolder(paths.lock)
  if (holder !== undefined) return { kind: 'refused', stays: [], message: `"sallyport up" is running as process ${holder}: stop it first` }
  const outcome = await removeGuard(config, paths.leases)
  return { ...outcome, stays: outcome.kind === 'done' ? removeState(paths) : [] }
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
