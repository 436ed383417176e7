// Flows on which the server never stops sending: what has been closed must end although it does.
import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { Sandbox } from './sandbox.ts'
import { eventually } from './wait.ts'
import type { World } from './world.ts'

/** Whoever connects to this port of the internet is sent something again and again. */
export const PUSHING = 7001

export async function servePushing({ outside }: World): Promise<void> {
  await outside.call('servePushing', { port: PUSHING, everyMs: 20 })
}

/** Asks for the name and connects to its address; resolves when something has come. */
export async function listenTo(who: Sandbox, name: string): Promise<number> {
  const [answer] = (await who.ask(name)).answers
  const flow = await who.agent.call('listenTo', { address: answer!.split(' ')[1]!, port: PUSHING })
  await eventually('the server sends', async () => (await who.agent.call('heardOn', { flow })).octets > 0)
  return flow
}

/** Does octets still come? */
export async function flows(who: Sandbox, flow: number): Promise<boolean> {
  const before = (await who.agent.call('heardOn', { flow })).octets
  await pause(150)
  return (await who.agent.call('heardOn', { flow })).octets > before
}

/** The moment (`performance.now`) at which the last octets came. Then the client's own next packet is refused, not dropped, while the server goes on sending. */
export async function endOf(who: Sandbox, flow: number): Promise<number> {
  const start = performance.now()
  const octets = async () => (await who.agent.call('heardOn', { flow })).octets
  let [last, changedAt] = [await octets(), start]
  while (performance.now() - changedAt < 400) {
    const now = await octets()
    if (now !== last) [last, changedAt] = [now, performance.now()]
    assert.ok(performance.now() - start < 5_000, 'the flow goes on')
    await pause(5)
  }
  await who.agent.call('shout', { flow })
  await eventually('the next packet is refused', async () => (await who.agent.call('heardOn', { flow })).end !== undefined, 500)
  return changedAt
}

/** Milliseconds from `act` until nothing comes any more. */
export async function endsAfter(act: () => void, who: Sandbox, flow: number): Promise<number> {
  const start = performance.now()
  act()
  return (await endOf(who, flow)) - start
}
