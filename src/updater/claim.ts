// One updater a table. The kernel keeps count where the table itself carries the owner flag; elsewhere an empty table beside it does.

import { NetlinkError } from '../linux/error.ts'
import { newTable } from '../linux/nftables/message.ts'
import type { Nftables } from '../linux/nftables/nftables.ts'
import { TABLE_FLAG } from '../linux/nftables/vocabulary.ts'

/** The claim is another updater's. */
export class ClaimedError extends Error {
  override readonly name = 'ClaimedError'
}

/** Kernels before 5.12 know no owner: there the socket alone tells updaters apart. */
const NO_OWNERS = new Set(['EOPNOTSUPP', 'EINVAL'])

/**
 * Makes `<table>_updater`, owned by this socket: nobody else can make, change or delete it, and it goes when the socket closes, be it by a crash.
 * Throws ClaimedError, which names the process that has it.
 */
export function claimTable(nftables: Nftables, table: string): void {
  const claim = { family: 'inet', name: `${table}_updater` } as const
  const transaction = nftables.begin()
  const comment = `held by sallyport's updater, process ${process.pid}, as long as it runs`
  transaction.add(newTable({ ...claim, flags: TABLE_FLAG.OWNER, comment }))
  try {
    nftables.commit(transaction)
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error
    if (error.code === 'EPERM') throw new ClaimedError(`another updater fills ${table}: ${nftables.table('inet', claim.name)?.comment}`)
    if (!NO_OWNERS.has(error.code)) throw error
  }
}
