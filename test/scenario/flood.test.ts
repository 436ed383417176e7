// A client that asks for random names below a wildcard as fast as it can, through the real sockets.

import assert from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'
import { Batch } from '../../src/linux/datagram/batch.ts'
import { BATCH } from '../../src/linux/datagram/layout.ts'
import { closeSocket, openConnectedSocket } from '../../src/linux/datagram/socket.ts'
import type { Endpoint } from '../../src/net/endpoint.ts'
import { parsePrefix } from '../../src/net/prefix.ts'
import { startRig } from '../conformance/rig.ts'
import { answersOf, decode, encode, policyOf } from '../resolver/world.ts'

const SERVER = '127.0.0.1'
const HONEST = '127.0.0.3'
const HONEST_ADDRESS = '192.0.2.1'
const CACHE_OCTETS = 16 << 20
/** Living objects: the cache, whose sizes are estimates, what waits, and what the decision log would take once a minute. */
const MOST_GROWTH_OCTETS = 128 << 20
/** At once: what the socket's buffer holds, so that none is lost before it reaches us. */
const BURST = 4 * BATCH

const exact = Array.from({ length: 500 }, (_, index) => `e${index}.example`)
const entries = ['*.flood.example', ...exact]
// Each is a client by its name, as sandboxes are: sources on loopback would be one.
const clients = Object.entries({ honest: HONEST, flooder: SERVER }).map(([name, text]) => ({ name, prefixes: [parsePrefix(text)!] }))
const options = { cacheOctets: CACHE_OCTETS, policy: policyOf(entries, { clients }) }

/** Twelve hexadecimal digits of the name are written anew for each query. */
const QUERY = encode('000000000000.flood.example', 'A')
const LABEL = 13

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function livingOctets(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function createFlooder(context: TestContext) {
  const descriptor = openConnectedSocket(SERVER, 53)
  const outgoing = new Batch(512, false)
  const incoming = new Batch(1500, false)
  context.after(() => closeSocket(descriptor))
  return (from: number): void => {
    for (let slot = 0; slot < BATCH; slot++) {
      const packet = outgoing.slots[slot]!
      packet.set(QUERY)
      // Multiplication by a large prime spreads the numbers.
      packet.write(((from + slot) * 2_654_435_761).toString(16).padStart(12, '0').slice(-12), LABEL, 'latin1')
      outgoing.fill(slot, QUERY.length)
    }
    outgoing.send(descriptor, BATCH)
    while (incoming.receive(descriptor) > 0);
  }
}

/** Asks again after a while, as stub resolvers do. */
async function askAsStubsDo(socket: Socket, name: string): Promise<string[] | undefined> {
  for (let tries = 0; tries < 3; tries++) {
    socket.send(encode(name, 'A'), 53, SERVER)
    const reply = await once(socket, 'message', { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
    const message = reply && decode(reply[0] as Buffer)
    if (message?.questions?.[0]?.name === name) return answersOf(message)
  }
  return undefined
}

/** Somebody else asks for exact names all the while: one that is in use, and one that is new until all have been asked for. */
function startHonest() {
  const seen = { asked: 0, slowestMs: 0, failures: [] as string[] }
  let isOver = false
  async function ask(): Promise<void> {
    const socket = createSocket('udp4')
    await new Promise<void>((bound) => socket.bind(0, HONEST, bound))
    for (let turn = 0; !isOver; turn++) {
      for (const name of ['e0.example', exact[turn % exact.length]!]) {
        const startedAt = performance.now()
        const answers = await askAsStubsDo(socket, name)
        seen.asked++
        seen.slowestMs = Math.max(seen.slowestMs, performance.now() - startedAt)
        if (answers?.[0] !== `A ${HONEST_ADDRESS}`) seen.failures.push(`${name}: ${answers === undefined ? 'no reply' : answers}`)
      }
      await pause(10)
    }
    socket.close()
  }
  const asking = ask()
  return async () => {
    isOver = true
    await asking
    return seen
  }
}

type Rig = Awaited<ReturnType<typeof startRig>>

/** Says what happened, and asserts what holds in any case. */
async function flood(context: TestContext, rig: Rig, names: number): Promise<void> {
  const send = createFlooder(context)
  const endHonest = startHonest()
  const before = livingOctets()
  let resident = 0
  const startedAt = performance.now()
  for (let sent = 0; sent < names; sent += BATCH) {
    send(sent)
    if (sent % BURST !== 0) continue
    await new Promise((turn) => setImmediate(turn))
    resident = Math.max(resident, process.memoryUsage.rss())
    for (const notes of [rig.kernel.requests, rig.overspent]) notes.length = 0
  }
  const seconds = (performance.now() - startedAt) / 1000
  const honest = await endHonest()
  const growth = livingOctets() - before
  const { udpQueries, overloaded, errors } = rig.server.counters
  const { octets, cachedAnswers } = rig.resolver.status()
  const mebi = (amount: number) => `${(amount / (1 << 20)).toFixed(0)} MiB`
  context.diagnostic(
    `${udpQueries} queries in ${seconds.toFixed(1)} s (${Math.round(udpQueries / seconds)}/s), ${rig.resolver.counters.forwarded} forwarded, ` +
      `${overloaded} failed at once; living objects grew by ${mebi(growth)}, resident memory at most ${mebi(resident)}, ` +
      `${cachedAnswers} answers in ${mebi(octets)}; ${honest.asked} honest questions, the slowest took ${honest.slowestMs.toFixed(0)} ms`,
  )
  assert.deepEqual([honest.failures, errors], [[], 0])
  assert.ok(udpQueries >= names, `${udpQueries} arrived`)
  assert.ok(octets <= CACHE_OCTETS)
  assert.ok(growth < MOST_GROWTH_OCTETS, `grew by ${mebi(growth)}`)
  assert.ok(honest.asked > 20, `${honest.asked} asked`)
}

test('a million names whose servers never answer: memory stays bounded, what is beyond fails at once, exact names are answered to others', async (context) => {
  const server = new Worker(new URL('./flood-upstream.ts', import.meta.url))
  const [upstream] = (await once(server, 'message')) as [Endpoint]
  const rig = await startRig({ entries, upstream, options })
  context.after(async () => {
    await rig.close()
    await server.terminate()
  })
  await flood(context, rig, 1_000_000)
  assert.ok(rig.server.counters.overloaded > 900_000, `${rig.server.counters.overloaded} failed at once`)
})

test('thirty thousand names that all resolve: the cache is bounded, and names in use stay in it', async (context) => {
  const records = ['*.flood.example. 300 IN A 192.0.2.2', ...exact.map((name) => `${name}. 300 IN A ${HONEST_ADDRESS}`)]
  const rig = await startRig({ entries, records, options })
  context.after(() => rig.close())
  await flood(context, rig, 30_000)
  const forwarded = rig.upstream.status().servers[0]!.asked
  assert.ok(forwarded > 25_000)
  assert.ok(rig.resolver.status().cachedAnswers < 20_000)
})
