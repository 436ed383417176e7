import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startAgent } from '../../support/agent-client.ts'
import { type Namespace, runCommand } from '../../support/namespace.ts'
import { createInternetLink, createSandboxLink } from '../../support/topology.ts'
import type { Place } from '../place.ts'
import { percentile } from '../statistics.ts'
import type { Effort, OwnQuestion } from './question.ts'

const worker = (name: string) => fileURLToPath(new URL(`../worker/${name}`, import.meta.url))
const ADDRESS = '203.0.113.5'
const PORT = 9
/** All but the first datagram end as soon as they have arrived, so that nobody's reading is measured. */
const SINK = `table ip sink { chain in { type filter hook prerouting priority raw; udp dport ${PORT} udp length > 9 drop; }; }`
/** Taken in turn with and without, so that a busy moment meets both. */
const TURNS = 7

/** What the catalogue costs a packet of a flow that goes on, and what the whole guard does. */
export const passing: OwnQuestion = {
  key: 'passing',
  figures: [
    { key: 'passing-counted', title: 'a packet of an open flow: more for being counted', unit: ' ns', better: 'less' },
    { key: 'passing-guarded', title: 'a packet of an open flow: more for the whole guard', unit: ' ns', better: 'less' },
    { key: 'passing-bare', title: 'a packet from a sandbox to the far side, unguarded', unit: ' ns', better: 'less' },
  ],
  async measure(place, effort) {
    const { gateway, internet } = createInternetLink()
    const { namespace } = createSandboxLink(gateway, 'flood', 1)
    const outside = startAgent(internet)
    try {
      await outside.call('serveDatagrams', { address: ADDRESS, port: PORT })
      internet.run(['nft', '-f', '-'], SINK)
      return compare(gateway, flooder(place, namespace, effort))
    } finally {
      await outside.close()
      for (const each of [namespace, gateway, internet]) each.remove()
    }
  },
}

function compare(gateway: Namespace, flood: () => number) {
  const bare: number[] = []
  const counted: number[] = []
  const uncounted: number[] = []
  for (let turn = 0; turn < TURNS; turn++) {
    bare.push(flood())
    gateway.run([process.execPath, worker('guard.ts'), ADDRESS, String(PORT)])
    counted.push(flood())
    stopCounting(gateway)
    uncounted.push(flood())
    gateway.run(['nft', 'delete', 'table', 'inet', 'sallyport'])
  }
  return {
    'passing-counted': middle(counted) - middle(uncounted),
    'passing-guarded': middle(counted) - middle(bare),
    'passing-bare': middle(bare),
  }
}

function middle(values: readonly number[]): number {
  return percentile(
    values.toSorted((one, other) => one - other),
    50,
  )
}

/** Takes out the rules that count what goes on, and leaves all else. */
function stopCounting(gateway: Namespace): void {
  const listed = gateway.run(['nft', '-a', 'list', 'chain', 'inet', 'sallyport', 'pass'])
  const handles = [...listed.matchAll(/@passed[46].*# handle (\d+)/g)].map(({ 1: handle }) => handle!)
  if (handles.length === 0) throw new Error(`no rule counts what passes:\n${listed}`)
  for (const handle of handles) gateway.run(['nft', 'delete', 'rule', 'inet', 'sallyport', 'pass', 'handle', handle])
}

function flooder(place: Place, namespace: Namespace, { isQuick }: Effort): () => number {
  const program = join(place.makeFolder('flood'), 'flood')
  runCommand(['gcc', '-O2', '-o', program, worker('flood.c')])
  const count = isQuick ? '20000' : '500000'
  return () => Number(namespace.run(place.onServerCore([program, ADDRESS, String(PORT), count])))
}
