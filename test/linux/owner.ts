// Makes a table that it owns, says so, and waits to be killed.
import { newSet, newTable } from '../../src/linux/nftables/message.ts'
import { openNftables } from '../../src/linux/nftables/nftables.ts'
import { SET_FLAG, TABLE_FLAG } from '../../src/linux/nftables/vocabulary.ts'

const table = { family: 'inet', name: 'sallyport_test' } as const
const nftables = openNftables()
const transaction = nftables.begin()
transaction.add(newTable({ ...table, flags: TABLE_FLAG.OWNER | TABLE_FLAG.PERSIST, comment: 'owned by a test' }))
const fields = ['ipv4_addr', 'ipv4_addr', 'inet_proto', 'inet_service'] as const
transaction.add(newSet(table, { name: 'flows', key: fields, flags: SET_FLAG.TIMEOUT, size: 16, comment: 'flows of a test' }, 1))
transaction.addElement(table, 'flows', { key: Uint8Array.of(10, 77, 0, 2, 192, 0, 0, 1, 6, 0, 0, 0, 1, 187, 0, 0), timeoutMs: 60_000 })
nftables.commit(transaction)
process.stdout.write('owned\n')
setInterval(() => undefined, 60_000)
