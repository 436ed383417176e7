// Both sandboxes of a world behind one bridge of the gateway, their ports isolated.
import { addAddresses, removeAddresses } from './topology.ts'
import type { World } from './world.ts'

export const BRIDGE = 'sbx9'
/** Beta's addresses on it; alpha keeps its own. */
export const BETA = { 4: '10.77.1.3', 6: 'fd77:1::3' } as const

export function bridgeSandboxes({ gateway, alpha, beta }: Pick<World, 'gateway' | 'alpha' | 'beta'>): void {
  const onBridge = [`${alpha.gateway4}/24`, `${alpha.gateway6}/64`]
  gateway.run(['ip', 'link', 'add', BRIDGE, 'type', 'bridge'])
  removeAddresses(gateway, 'sbx1', onBridge)
  for (const port of ['sbx1', 'sbx2']) {
    gateway.run(['ip', 'link', 'set', port, 'master', BRIDGE])
    gateway.run(['bridge', 'link', 'set', 'dev', port, 'isolated', 'on'])
  }
  gateway.run(['ip', 'link', 'set', BRIDGE, 'up'])
  addAddresses(gateway, BRIDGE, onBridge)
  for (const { namespace } of [alpha, beta]) namespace.run(['ip', 'neigh', 'flush', 'all'])
  addAddresses(beta.namespace, 'eth0', [`${BETA[4]}/24`, `${BETA[6]}/64`])
  for (const router of [alpha.gateway4, alpha.gateway6]) beta.namespace.run(['ip', 'route', 'replace', 'default', 'via', router])
  // Where Docker runs, frames that pass a bridge are shown to rules about packets; elsewhere they are not.
  gateway.run(['sh', '-c', 'for file in /proc/sys/net/bridge/bridge-nf-call-*; do [ ! -e $file ] || echo 0 >$file; done'])
}
