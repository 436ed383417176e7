// Keeps nftables of its namespace busy for a second: one huge transaction in a table of its own, behind which all others wait.
//   busy-kernel.ts COUNT: says "ready", and commits when its input says anything.
import { once } from 'node:events'
import { newSet, newTable } from '../../src/linux/nftables/message.ts'
import { openNftables } from '../../src/linux/nftables/nftables.ts'

const count = Number(process.argv[2])
const table = { family: 'inet', name: 'others' } as const
const nftables = openNftables()
const transaction = nftables.begin()
transaction.add(newTable({ ...table, flags: 0, comment: 'somebody else' }))
transaction.add(newSet(table, { name: 'many', key: ['ipv4_addr'], flags: 0, size: count, comment: 'many' }, 1))
for (let i = 0; i < count; i++) {
  transaction.addElement(table, 'many', { key: Uint8Array.of(10, (i >> 16) & 255, (i >> 8) & 255, i & 255) })
}
process.stdout.write('ready\n')
await once(process.stdin, 'data')
process.stdout.write('commits\n')
nftables.commit(transaction)
process.exit()
