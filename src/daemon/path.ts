import { join } from 'node:path'

/** Where the parts of one sallyport meet, below the state folder. */
export interface StatePaths {
  readonly folder: string
  /** The updater's socket, in a folder that only the resolver enters. */
  readonly leases: string
  /** Clients that joined at run time, a file each. */
  readonly clients: string
  readonly resolverControl: string
  readonly updaterControl: string
  /** Who runs: written by the supervisor. */
  readonly lock: string
  /** What clients have spent of their budgets, in a folder that only the resolver enters. */
  readonly ledger: string
}

export function statePaths(folder: string): StatePaths {
  return {
    folder,
    leases: join(folder, 'leases', 'updater.sock'),
    clients: join(folder, 'clients'),
    resolverControl: join(folder, 'resolver-control.sock'),
    updaterControl: join(folder, 'updater-control.sock'),
    lock: join(folder, 'up.pid'),
    ledger: join(folder, 'budget', 'spent.json'),
  }
}
