// The one way to take the guard away: table and routing lock, nothing else.

import { NetlinkError } from '../linux/error.ts'
import { type Nftables, openNftables } from '../linux/nftables/nftables.ts'
import { removeLocks } from './routing-lock.ts'
import { isOurs, readPresent, teardown } from './ruleset/build.ts'
import { isAnswered } from './socket.ts'

export type Down =
  /** What was removed, a sentence each; empty if there was nothing. */
  { readonly kind: 'done'; readonly removed: readonly string[] } | { readonly kind: 'refused'; readonly message: string }

export interface DownOptions {
  readonly socketPath: string
  readonly table: string
}

/** Refuses while an updater lives, and where the table is not ours. Throws NetlinkError. */
export async function down({ socketPath, table }: DownOptions): Promise<Down> {
  if (await isAnswered(socketPath)) return { kind: 'refused', message: `an updater is running: it answers at ${socketPath}; stop it first` }
  const outcome = removeTable(table)
  if (outcome.kind === 'refused') return outcome
  return { kind: 'done', removed: [...outcome.removed, ...removeLocks().map((name) => `routing lock of interface ${name}`)] }
}

function removeTable(name: string): Down {
  const nftables = openNftables()
  try {
    return removeOwn(nftables, name)
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code !== 'EPERM') throw error
    return { kind: 'refused', message: `the table inet ${name} is owned by a running process: stop that updater first` }
  } finally {
    nftables.close()
  }
}

function removeOwn(nftables: Nftables, name: string): Down {
  const present = readPresent(nftables, name)
  if (present === undefined) return { kind: 'done', removed: [] }
  if (!isOurs(present)) return { kind: 'refused', message: `there is a table inet ${name} that is not sallyport's` }
  const transaction = nftables.begin()
  transaction.addAll(teardown(name))
  nftables.commit(transaction)
  return { kind: 'done', removed: [`table inet ${name}`] }
}
