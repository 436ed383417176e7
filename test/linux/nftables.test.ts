import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { codeOf, NetlinkError } from '../../src/linux/error.ts'
import { NETLINK, NetlinkSocket } from '../../src/linux/netlink/socket.ts'
import { extendElement } from '../../src/linux/nftables/extend.ts'
import { deleteTable, flushSet, newSet, newTable } from '../../src/linux/nftables/message.ts'
import { type Nftables, openNftables } from '../../src/linux/nftables/nftables.ts'
import { probeKernel } from '../../src/linux/nftables/probe.ts'
import { Transaction } from '../../src/linux/nftables/transaction.ts'
import { SET_FLAG, TABLE_FLAG } from '../../src/linux/nftables/vocabulary.ts'
import { enterPrivateNamespace } from '../support/netns.ts'

enterPrivateNamespace()
const TABLE = { family: 'inet', name: 'sallyport_test' } as const
const FLOW = ['ipv4_addr', 'ipv4_addr', 'inet_proto', 'inet_service'] as const
let nftables: Nftables

before(() => {
  nftables = openNftables()
})
after(() => nftables.close())

function commit(write: (transaction: Transaction) => void): void {
  const transaction = nftables.begin()
  write(transaction)
  nftables.commit(transaction)
}

/** A table with a set of flows, and its removal. */
function withSet(size: number, act: () => void, flags = 0): void {
  commit((transaction) => {
    transaction.add(newTable({ ...TABLE, flags, comment: 'a test' }))
    transaction.add(newSet(TABLE, { name: 'flows', key: FLOW, flags: SET_FLAG.TIMEOUT, size, comment: 'flows of a test' }, 1))
  })
  try {
    act()
  } finally {
    commit((transaction) => transaction.add(deleteTable(TABLE)))
  }
}

function key(host: number, port = 443): Uint8Array {
  return Uint8Array.of(10, 77, 0, 2, 192, 0, host >> 8, host & 255, 6, 0, 0, 0, port >> 8, port & 255, 0, 0)
}

function nft(...words: readonly string[]): string {
  return execFileSync('nft', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

test('an element that we write is printed by nft with its names, and read back as it was written', () => {
  withSet(16, () => {
    commit((transaction) => transaction.addElement(TABLE, 'flows', { key: key(1), timeoutMs: 120_000, comment: 'api.example.org +2' }))
    assert.match(
      nft('list', 'set', 'inet', TABLE.name, 'flows'),
      /10\.77\.0\.2 \. 192\.0\.0\.1 \. tcp \. 443 timeout 2m .*"api\.example\.org \+2"/,
    )
    const [element] = nftables.elements(TABLE, 'flows')
    assert.deepEqual(element!.key, key(1))
    assert.equal(element!.comment, 'api.example.org +2')
    assert.equal(element!.timeoutMs, 120_000)
    assert.ok(element!.expiresMs! > 110_000 && element!.expiresMs! <= 120_000)
  })
})

test('what nft writes is read the same way', () => {
  withSet(16, () => {
    nft('add', 'element', 'inet', TABLE.name, 'flows', '{ 10.77.0.2 . 192.0.0.7 . tcp . 443 timeout 1h expires 30m comment "by hand" }')
    const [element] = nftables.elements(TABLE, 'flows')
    assert.deepEqual([element!.key, element!.comment, element!.timeoutMs], [key(7), 'by hand', 3_600_000])
    assert.ok(Math.abs(element!.expiresMs! - 1_800_000) < 5_000)
  })
})

test('an error names the culprit among the messages, and nothing of the transaction is in force', () => {
  withSet(16, () => {
    const attempt = () =>
      commit((transaction) => {
        transaction.addElement(TABLE, 'flows', { key: key(1) })
        transaction.addElement(TABLE, 'flows', { key: key(2) })
        transaction.deleteElement(TABLE, 'flows', key(3))
        transaction.addElement(TABLE, 'flows', { key: key(4) })
      })
    // The two that are added first are one message.
    assert.throws(attempt, (error: unknown) => error instanceof NetlinkError && error.code === 'ENOENT' && error.index === 1)
    assert.deepEqual(nftables.elements(TABLE, 'flows'), [])
  })
})

test('of elements that go together one that is missing keeps none of the others, where the kernel can destroy', (t) => {
  if (!probeKernel(nftables, false).destroys) return t.skip('Linux 6.3')
  withSet(16, () => {
    commit((transaction) => [1, 2, 3].forEach((host) => void transaction.addElement(TABLE, 'flows', { key: key(host) })))
    commit((transaction) => [1, 9, 3].forEach((host) => void transaction.destroyElement(TABLE, 'flows', key(host))))
    assert.deepEqual(
      nftables.elements(TABLE, 'flows').map((element) => element.key),
      [key(2)],
    )
  })
})

test('what has no room in one message goes on in the next', () => {
  withSet(4_000, () => {
    let messages = 0
    commit((transaction) => {
      for (let host = 0; host < 3_000; host++)
        transaction.addElement(TABLE, 'flows', { key: key(host), timeoutMs: 60_000, comment: 'x'.repeat(100) })
      messages = transaction.count
    })
    assert.equal(nftables.elements(TABLE, 'flows').length, 3_000)
    assert.ok(messages > 1 && messages < 20, `${messages} messages`)
  })
})

test('where the end of a batch is not acknowledged its last message is, and one of several elements is refused as a whole', () => {
  withSet(3, () => {
    const socket = new NetlinkSocket(NETLINK.NETFILTER)
    const transaction = new Transaction()
    const send = (write: () => void) => {
      const first = socket.nextSequence
      transaction.begin(first)
      write()
      const { acknowledged, refusal } = socket.request(transaction.end(false), transaction.count + 2)
      return [acknowledged, refusal && refusal.sequence - first - 1, refusal && codeOf(refusal.errno)]
    }
    const add = (...hosts: readonly number[]) => {
      for (const host of hosts) transaction.addElement(TABLE, 'flows', { key: key(host), timeoutMs: 60_000 })
    }
    assert.deepEqual(
      send(() => add(1, 2)),
      [true, undefined, undefined],
    )
    assert.deepEqual(
      send(() => add(3, 4)),
      [false, 0, 'ENFILE'],
    )
    // The last message is in order, and the batch void all the same.
    const second = () => {
      transaction.deleteElement(TABLE, 'flows', key(9))
      add(3)
    }
    assert.deepEqual(send(second), [true, 0, 'ENOENT'])
    assert.equal(nftables.elements(TABLE, 'flows').length, 2)
    socket.close()
  })
})

test('a full set says ENFILE', () => {
  withSet(2, () => {
    commit((transaction) => [1, 2].forEach((host) => void transaction.addElement(TABLE, 'flows', { key: key(host) })))
    const attempt = () => commit((transaction) => transaction.addElement(TABLE, 'flows', { key: key(3) }))
    assert.throws(attempt, (error: unknown) => error instanceof NetlinkError && error.code === 'ENFILE' && error.index === 0)
  })
})

test('in a full set what is there is extended all the same, and with one too many none of it is', () => {
  const probes = probeKernel(nftables, false)
  const hosts = [1, 2, 3]
  for (const each of [probes, { ...probes, extends: false }]) {
    withSet(hosts.length, () => {
      const extend = (transaction: Transaction, timeoutMs: number, comment: string) => {
        for (const host of hosts) {
          const element = { key: key(host), timeoutMs, comment }
          extendElement(transaction, each, TABLE, 'flows', element, comment !== 'one')
        }
      }
      const areWritten = (timeoutMs: number, comment: string) => {
        const elements = nftables.elements(TABLE, 'flows')
        assert.deepEqual(
          elements.map((element) => [element.comment, Math.ceil(element.expiresMs! / 100_000)]),
          hosts.map(() => [comment, timeoutMs / 100_000]),
        )
      }
      commit((transaction) =>
        hosts.forEach((host) => void transaction.addElement(TABLE, 'flows', { key: key(host), comment: 'one', timeoutMs: 100_000 })),
      )
      commit((transaction) => extend(transaction, 200_000, 'one'))
      areWritten(200_000, 'one')
      commit((transaction) => extend(transaction, 300_000, 'one two'))
      areWritten(300_000, 'one two')
      const attempt = () =>
        commit((transaction) => {
          extend(transaction, 400_000, 'one two three')
          transaction.addElement(TABLE, 'flows', { key: key(4), timeoutMs: 400_000 })
        })
      assert.throws(attempt, (error: unknown) => error instanceof NetlinkError && error.code === 'ENFILE')
      areWritten(300_000, 'one two')
    })
  }
})

test('a table that is missing says ENOENT for elements, and lists no sets and no chains', () => {
  const attempt = () => commit((transaction) => transaction.addElement(TABLE, 'flows', { key: key(1) }))
  assert.throws(attempt, (error: unknown) => error instanceof NetlinkError && error.code === 'ENOENT')
  assert.throws(() => nftables.elements(TABLE, 'flows'), { code: 'ENOENT' })
  assert.deepEqual([nftables.sets(TABLE), nftables.chains(TABLE), nftables.table('inet', TABLE.name)], [[], [], undefined])
})

test('an element is extended on a kernel that can and on one that cannot, never shortened, never absent', () => {
  const probes = probeKernel(nftables, false)
  for (const each of [probes, { ...probes, extends: false }]) {
    withSet(16, () => {
      commit((transaction) => transaction.addElement(TABLE, 'flows', { key: key(1), timeoutMs: 60_000, comment: 'one' }))
      commit((transaction) => extendElement(transaction, each, TABLE, 'flows', { key: key(1), timeoutMs: 600_000, comment: 'one' }, false))
      assert.ok(nftables.elements(TABLE, 'flows')[0]!.expiresMs! > 590_000)
      commit((transaction) =>
        extendElement(transaction, each, TABLE, 'flows', { key: key(1), timeoutMs: 700_000, comment: 'one two' }, true),
      )
      assert.equal(nftables.elements(TABLE, 'flows')[0]!.comment, 'one two')
    })
  }
})

test('the probe leaves nothing behind', () => {
  assert.ok(probeKernel(nftables, true).countsFlows)
  assert.equal(nft('list', 'tables'), '')
})

test('ten thousand elements are one transaction and one consistent dump', () => {
  withSet(20_000, () => {
    commit((transaction) => {
      for (let host = 0; host < 10_000; host++)
        transaction.addElement(TABLE, 'flows', { key: key(host), timeoutMs: 60_000, comment: 'registry.npmjs.org' })
    })
    const found = new Set(nftables.elements(TABLE, 'flows').map((element) => Buffer.from(element.key).toString('hex')))
    assert.equal(found.size, 10_000)
    commit((transaction) => transaction.add(flushSet(TABLE, 'flows')))
    assert.deepEqual(nftables.elements(TABLE, 'flows'), [])
  })
})

test('a set whose hash table the kernel still enlarges is read whole', () => {
  const hosts = 100_000
  withSet(hosts, () => {
    for (let first = 0; first < hosts; first += 1_000)
      commit((transaction) => {
        for (let host = first; host < first + 1_000; host++)
          transaction.addElement(TABLE, 'flows', { key: key(host & 0xffff, 443 + (host >> 16)), timeoutMs: 600_000 })
      })
    const found = nftables.elements(TABLE, 'flows').map((element) => Buffer.from(element.key).toString('hex'))
    assert.deepEqual([found.length, new Set(found).size], [hosts, hosts])
  })
})

test('elements are looked up by their keys, many at a time; what is not there, has run out, or whose set is missing is left out', () => {
  withSet(16_384, () => {
    commit((transaction) => {
      for (let host = 0; host < 10_000; host += 2)
        transaction.addElement(TABLE, 'flows', { key: key(host), timeoutMs: host === 0 ? 1 : 60_000, comment: `n${host}.example` })
    })
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
    const found = nftables.lookUp(
      TABLE,
      'flows',
      Array.from({ length: 10_000 }, (_, host) => key(host)),
    )
    assert.deepEqual(
      found.map(({ comment }) => comment),
      Array.from({ length: 4_999 }, (_, i) => `n${2 * i + 2}.example`),
    )
    assert.ok(found.every(({ expiresMs }) => expiresMs! > 50_000))
    assert.deepEqual(nftables.lookUp(TABLE, 'missing', [key(2)]), [])
  })
})

test('a set is read in slices while its socket serves others', () => {
  withSet(16_384, () => {
    commit((transaction) => {
      for (let host = 0; host < 10_000; host++) transaction.addElement(TABLE, 'flows', { key: key(host), timeoutMs: 60_000 })
    })
    let [slices, elements] = [0, 0]
    for (const slice of nftables.elementsInSlices(TABLE, 'flows')) {
      elements += slice.length
      slices++
      assert.equal(nftables.lookUp(TABLE, 'flows', [key(slices)]).length, 1)
    }
    assert.equal(elements, 10_000)
    assert.ok(slices > 10)
    assert.deepEqual([...nftables.elementsInSlices(TABLE, 'missing')], [])
  })
})

test('a comment that nft would not print is refused before it is written', () => {
  withSet(16, () => {
    const attempt = (octets: number) =>
      commit((transaction) => transaction.addElement(TABLE, 'flows', { key: key(1), comment: 'x'.repeat(octets) }))
    assert.throws(() => attempt(129), RangeError)
    attempt(128)
    assert.match(nft('list', 'set', 'inet', TABLE.name, 'flows'), /"x{128}"/)
  })
})

/** Whatever an updater would have to hear of. */
const OTHERS_COMMANDS = [
  ['delete', 'table', 'inet', TABLE.name],
  ['flush', 'table', 'inet', TABLE.name],
  ['add', 'table', 'inet', TABLE.name],
  ['add', 'chain', 'inet', TABLE.name, 'other'],
  ['flush', 'set', 'inet', TABLE.name, 'flows'],
  ['delete', 'set', 'inet', TABLE.name, 'flows'],
  ['delete', 'element', 'inet', TABLE.name, 'flows', '{ 10.77.0.2 . 192.0.0.1 . tcp . 443 }'],
  ['add', 'element', 'inet', TABLE.name, 'flows', '{ 10.77.0.2 . 192.0.0.9 . tcp . 443 }'],
]

test('a table with an owner survives the flush of others, and the death of its owner', async (context) => {
  if (!probeKernel(nftables, false).owns) return context.skip('this kernel has no owner flag together with persist')
  const owner = spawn(process.execPath, [new URL('./owner.ts', import.meta.url).pathname], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(owner.stdout!, 'data')
  assert.match(nft('list', 'tables'), /sallyport_test/)
  try {
    nft('flush', 'ruleset')
  } catch {
    // EPERM is as good as being passed over.
  }
  for (const command of OTHERS_COMMANDS) assert.throws(() => nft(...command), /not permitted/, command.join(' '))
  await end(owner)
  assert.deepEqual(
    nftables.elements(TABLE, 'flows').map((element) => element.key),
    [key(1)],
  )
  assert.equal(nftables.table('inet', TABLE.name)!.ownerPortId, undefined)
  commit((transaction) => transaction.add(newTable({ ...TABLE, flags: TABLE_FLAG.OWNER | TABLE_FLAG.PERSIST, comment: 'adopted' })))
  assert.equal(nftables.table('inet', TABLE.name)!.ownerPortId, nftables.portId)
  commit((transaction) => transaction.add(deleteTable(TABLE)))
})

async function end(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}
