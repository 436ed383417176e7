// What our table needs of the kernel, found out by writing it in a network namespace that goes at once.
import { spawnSync } from 'node:child_process'
import { openConntrack } from '../../linux/conntrack.ts'
import { NetlinkError, SystemError } from '../../linux/error.ts'
import { inNewNamespace } from '../../linux/namespace.ts'
import {
  accept,
  ctState,
  icmpType,
  inSet,
  interfaceName,
  record,
  redirectTo,
  rejectOther,
  rejectTcp,
  type Statement,
  setMarkBits,
  socketUser,
  sourceDoesNotBelong,
} from '../../linux/nftables/match.ts'
import { deleteTable, type NewSet, newChain, newRule, newSet, newTable, type TableRef } from '../../linux/nftables/message.ts'
import { type Nftables, openNftables } from '../../linux/nftables/nftables.ts'
import { probeKernel } from '../../linux/nftables/probe.ts'
import { PRIORITY, SET_FLAG, VERDICT } from '../../linux/nftables/vocabulary.ts'
import { sendPacket } from '../../linux/packet.ts'
import { PROTOCOL } from '../prove/frame.ts'
import { ip, udp } from '../prove/packet.ts'
import { bad, doubtful, good, type HostFinding } from './finding.ts'

type Guard = 'forward' | 'output'

interface RuleProbe {
  readonly topic: string
  readonly guards: readonly Guard[]
  /** The kernel module that brings it. */
  readonly module: string
  readonly chain: 'filter' | 'nat'
  readonly statements: readonly Statement[]
}

const TABLE: TableRef = { family: 'inet', name: 'sallyport_doctor' }
const FLOWS: NewSet = {
  name: 'flows',
  key: ['ipv4_addr', 'ipv4_addr', 'inet_proto', 'inet_service'],
  flags: SET_FLAG.TIMEOUT,
  size: 8,
  comment: 'doctor',
}
const RECORDS: NewSet = { ...FLOWS, name: 'records', flags: SET_FLAG.TIMEOUT | SET_FLAG.EVAL, timeoutMs: 60_000 }
const PREFIXES: NewSet = { ...FLOWS, name: 'prefixes', flags: SET_FLAG.INTERVAL }
const KEY = Uint8Array.of(10, 77, 0, 2, 192, 0, 2, 1, 6, 0, 0, 0, 1, 187, 0, 0)
const PARTS = ['saddr', 'daddr', 'l4proto', 'dport'] as const
const BOTH: readonly Guard[] = ['forward', 'output']

const RULES: readonly RuleProbe[] = [
  { topic: 'connection tracking', guards: BOTH, module: 'nft_ct', chain: 'filter', statements: [ctState('established'), accept] },
  { topic: 'redirect', guards: BOTH, module: 'nft_redir', chain: 'nat', statements: [redirectTo(53)] },
  { topic: 'reject', guards: BOTH, module: 'nft_reject_inet', chain: 'filter', statements: [icmpType(4, 3), rejectOther] },
  { topic: 'reject with a reset', guards: BOTH, module: 'nft_reject_inet', chain: 'filter', statements: [rejectTcp] },
  {
    topic: 'sources that belong',
    guards: ['forward'],
    module: 'nft_fib_inet',
    chain: 'filter',
    statements: [sourceDoesNotBelong(), accept],
  },
  { topic: 'marks of the routing lock', guards: ['forward'], module: 'nf_tables', chain: 'filter', statements: [setMarkBits(1)] },
  {
    topic: 'interface patterns',
    guards: ['forward'],
    module: 'nf_tables',
    chain: 'filter',
    statements: [interfaceName('iifname', 'sbx*'), accept],
  },
  { topic: 'users of sockets', guards: ['output'], module: 'nf_tables', chain: 'filter', statements: [socketUser(1), accept] },
  { topic: 'sets of flows', guards: BOTH, module: 'nf_tables', chain: 'filter', statements: [inSet(4, PARTS, FLOWS.name), accept] },
  {
    topic: 'records of refusals',
    guards: BOTH,
    module: 'nf_tables',
    chain: 'filter',
    statements: [record(4, PARTS, RECORDS.name, 60_000)],
  },
  { topic: 'sets of prefixes', guards: BOTH, module: 'nf_tables', chain: 'filter', statements: [inSet(4, PARTS, PREFIXES.name), accept] },
]

/** Needs CAP_SYS_ADMIN and CAP_NET_ADMIN. */
export function examineKernel(guard: Guard): readonly HostFinding[] {
  try {
    return inNewNamespace(() => {
      const nftables = openNftables()
      try {
        const rules = RULES.filter(({ guards }) => guards.includes(guard))
        return [...examineTable(nftables, guard), ...rules.map((probe) => examineRule(nftables, probe)), examineConntrack(nftables)]
      } finally {
        nftables.close()
      }
    })
  } catch (error) {
    if (!(error instanceof NetlinkError || error instanceof SystemError)) throw error
    return [
      bad(
        'nf_tables',
        `this kernel does not let us write nftables: ${error.message}`,
        'modprobe nf_tables, or run with CAP_NET_ADMIN and CAP_SYS_ADMIN',
      ),
    ]
  }
}

function examineTable(nftables: Nftables, guard: Guard): readonly HostFinding[] {
  const { owns, extends: extending } = probeKernel(nftables, false)
  const unowned = {
    forward: 'others can flush our table; until it is rebuilt, a routing lock keeps the door closed',
    output: 'others with CAP_NET_ADMIN can flush our table, and it stays open until it is rebuilt',
  }[guard]
  return [
    owns
      ? good('owned table', 'tables can be owned and outlive their owner: nobody else flushes ours')
      : doubtful('owned table', `no owner and persist flags: ${unowned}`, 'Linux 6.9 or later'),
    extending
      ? good('extension', 'adding an element again extends it')
      : good('extension', 'elements are extended by delete and add in one transaction'),
  ]
}

function examineRule(nftables: Nftables, { topic, module, chain, statements }: RuleProbe): HostFinding {
  const error = attempt(nftables, () => writeProbe(nftables, chain, statements.flat()))
  return error === undefined ? good(topic, 'works') : bad(topic, `the kernel refuses the rule: ${error.code}`, `modprobe ${module}`)
}

function writeProbe(nftables: Nftables, type: 'filter' | 'nat', expressions: RuleExpressions): void {
  const priority = type === 'nat' ? PRIORITY.dstnat : PRIORITY.filter
  const hook = type === 'nat' ? 'prerouting' : 'input'
  const transaction = nftables.begin()
  transaction.add(newTable({ ...TABLE, flags: 0, comment: 'sallyport doctor' }))
  for (const [index, set] of [FLOWS, RECORDS, PREFIXES].entries()) transaction.add(newSet(TABLE, set, index + 1))
  transaction.addElement(TABLE, FLOWS.name, { key: KEY, timeoutMs: 60_000 })
  transaction.add(newChain(TABLE, { name: 'probe', comment: 'doctor', base: { type, hook, priority, policy: VERDICT.accept } }))
  transaction.add(newRule(TABLE, { chain: 'probe', comment: 'doctor', expressions }))
  nftables.commit(transaction)
}

type RuleExpressions = Parameters<typeof newRule>[1]['expressions']

function attempt(nftables: Nftables, act: () => void): NetlinkError | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    if (error instanceof NetlinkError) return error
    throw error
  } finally {
    remove(nftables)
  }
}

function remove(nftables: Nftables): void {
  if (nftables.table('inet', TABLE.name) === undefined) return
  const transaction = nftables.begin()
  transaction.add(deleteTable(TABLE))
  nftables.commit(transaction)
}

/** A datagram over loopback makes a flow; then the flow is deleted, as a revocation does. */
function examineConntrack(nftables: Nftables): HostFinding {
  const mend = 'modprobe nf_conntrack_netlink'
  const conntrack = openConntrack()
  try {
    writeProbe(nftables, 'filter', [...ctState('established'), ...accept])
    spawnSync('ip', ['link', 'set', 'lo', 'up'])
    const ends = { source: '127.0.0.1', destination: '127.0.0.1', sourcePort: 9, destinationPort: 9 }
    sendPacket(ip({ ...ends, protocol: PROTOCOL.udp }, udp(ends, new Uint8Array())))
    const deleted = conntrack.deleteFlows(4, ({ destinationPort }) => destinationPort === 9)
    return deleted > 0
      ? good('deletion of flows', 'works')
      : bad('deletion of flows', 'connection tracking shows no flow, so revoked names stay reachable on open connections', mend)
  } catch (error) {
    if (!(error instanceof NetlinkError || error instanceof SystemError)) throw error
    return bad('deletion of flows', `refused: ${error.message}, so revoked names stay reachable on open connections`, mend)
  } finally {
    conntrack.close()
    remove(nftables)
  }
}
