// DNS that was under way to a server elsewhere when the guard came: the next query, from the same port, is answered by us.
import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { openConntrack } from '../../src/linux/conntrack.ts'
import { type Agent, startAgent } from '../support/agent-client.ts'
import { decodeReply, encodeQuestion } from '../support/message.ts'
import { inNamespace } from '../support/netns.ts'
import { sendRaw, udpPacket } from '../support/raw.ts'
import type { Sallyport } from '../support/sallyport.ts'
import { startForward, startLocal } from '../support/scenario.ts'
import { GATEWAY4, GATEWAY6 } from '../support/topology.ts'
import { createWorld } from '../support/world.ts'

const SERVER = { 4: '192.0.2.53', 6: '2001:db8:1::53' } as const
const ZONES = { 'app.zone': 'open.example\n' }
/** From which the host itself asks. */
const HOST_PORT = 40_055
const QUERY = encodeQuestion('denied.example', 'A').toString('hex')

const world = await createWorld([])
after(() => world.close())
const { alpha, gateway, outside } = world
const onGateway = startAgent(gateway)
after(() => onGateway.close())
for (const address of Object.values(SERVER)) await outside.call('serveDatagrams', { address, port: 53 })
// Connection tracking has been at work before sallyport comes, as on any host with a firewall.
gateway.run(
  ['nft', '-f', '-'],
  'table inet tracking { chain forward { type filter hook forward priority filter; ct state new accept; }; chain output { type filter hook output priority filter; ct state new accept; }; }',
)

let sallyport: Sallyport | undefined
afterEach(async () => {
  await sallyport?.stop()
  sallyport?.cli('down')
})

interface Asker {
  readonly agent: Agent
  readonly address: Readonly<Record<4 | 6, string>>
  start(): Promise<Sallyport>
}

const ASKERS: Readonly<Record<string, Asker>> = {
  forward: {
    agent: alpha.agent,
    address: { 4: alpha.address4, 6: alpha.address6 },
    start: () => startForward(world, { zones: ZONES }),
  },
  output: {
    agent: onGateway,
    address: { 4: GATEWAY4, 6: GATEWAY6 },
    start: () => startLocal(world, onGateway, { zones: ZONES, updater: { guard: 'output' } }),
  },
}

for (const [guard, { agent, address, start }] of Object.entries(ASKERS))
  test(`guard ${guard}: a query from the port of an earlier one is answered by us, in both families, whoever began`, async () => {
    assert.ok((await onGateway.call('exchange', { server: SERVER[4], sourcePort: HOST_PORT, hex: QUERY, timeoutMs: 1_000 })).hex)
    const flows = ([4, 6] as const).flatMap((family) => [
      { server: SERVER[family], sourcePort: 40_053, own: address[family], isReversed: false },
      { server: SERVER[family], sourcePort: 40_054, own: address[family], isReversed: true },
    ])
    const ask = ({ server, sourcePort }: { readonly server: string; readonly sourcePort: number }) =>
      agent.call('exchange', { server, sourcePort, hex: QUERY, timeoutMs: 1_000 })
    for (const { server, sourcePort, own, isReversed } of flows) {
      if (isReversed) sendRaw(world.internet, udpPacket({ source: server, destination: own }, sourcePort, 'hello', 53))
      else assert.equal((await ask({ server, sourcePort })).hex, QUERY, 'the server sends back what it gets')
    }
    sallyport = await start()
    for (const flow of flows) {
      const { hex, failure, milliseconds } = await ask(flow)
      assert.ok(hex, `${JSON.stringify(flow)}: ${failure}`)
      assert.equal(decodeReply(hex, milliseconds).rcode, 'NXDOMAIN', JSON.stringify(flow))
    }
    await sallyport.logged(/DNS flows from before the guard are forgotten/)
    const own = inNamespace(gateway, openConntrack)
    const isKnown = own.flows(4).some(({ sourcePort }) => sourcePort === HOST_PORT)
    own.close()
    assert.equal(isKnown, guard === 'forward', "what the host asks itself is nobody else's")
  })
