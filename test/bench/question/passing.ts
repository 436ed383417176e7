import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startAgent } from '../../support/agent-client.ts'
import { type Namespace, runCommand } from '../../support/namespace.ts'
import { createInternetLink, createSandboxLink } from '../../support/topology.ts'
import type { Place } from '../place.ts'
import { median } from '../statistics.ts'
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
      return await compare(gateway, flooder(place, namespace, effort))
    } finally {
      await outside.close()
      for (const each of [namespace, gateway, internet]) each.remove()
    }
  },
}

async function compare(gateway: Namespace, flood: () => number) {
  const bare: number[] = []
  const counted: number[] = []
  const uncounted: number[] = []
  for (let turn = 0; turn < TURNS; turn++) {
    bare.push(flood())
    gateway.run([process.execPath, worker('guard.ts'), ADDRESS, String(PORT)])
    uncounted.push(flood())
    const stopCounting = await startCounting(gateway)
    counted.push(flood())
    await stopCounting()
    gateway.run(['nft', 'delete', 'table', 'inet', 'sallyport'])
  }
  const [open, guarded, whole] = [median(bare)!, median(uncounted)!, median(counted)!]
  return { 'passing-counted': whole - guarded, 'passing-guarded': whole - open, 'passing-bare': open }
}

/** Of flows that begin from now on. */
async function startCounting(gateway: Namespace): Promise<() => Promise<void>> {
  const child = gateway.spawn([process.execPath, worker('counting.ts')], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(child.stdout!, 'data')
  return async () => {
    child.stdin!.end()
    await once(child, 'exit')
    gateway.run(['sysctl', '-qw', 'net.netfilter.nf_conntrack_acct=0'])
  }
}

function flooder(place: Place, namespace: Namespace, { isQuick }: Effort): () => number {
  const program = join(place.makeFolder('flood'), 'flood')
  runCommand(['gcc', '-O2', '-o', program, worker('flood.c')])
  const count = isQuick ? '20000' : '500000'
  return () => Number(namespace.run(place.onServerCore([program, ADDRESS, String(PORT), count])))
}
