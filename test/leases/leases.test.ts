// The resolver's side against a scripted updater on a real socket.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { parseName } from '../../src/dns/name.ts'
import { createLeaseHolder, createLeases, LeaseError, type LeaseRequest } from '../../src/leases/leases.ts'
import {
  decodeResolverFrame,
  encodeFigures,
  encodeGeneration,
  encodeNext,
  encodeReplies,
  encodeRevision,
  encodeUpdaterHello,
  type Frame,
  FrameDecoder,
  type OpenReply,
  type OpenRequest,
} from '../../src/leases/protocol.ts'
import { parseAddress } from '../../src/net/address.ts'
import { eventually } from '../support/wait.ts'

const REVISION = '0123456789abcdef'
const OTHER_REVISION = 'fedcba9876543210'
const SOURCE = parseAddress('10.77.0.2')!
const CLIENT = { id: 'sandbox', payer: 'sandbox', addresses: [SOURCE] }

const request = (changes: Partial<LeaseRequest> = {}): LeaseRequest => ({
  client: CLIENT,
  source: SOURCE,
  name: parseName('example.org'),
  addresses: [parseAddress('192.0.2.1')!],
  ttlSeconds: 60,
  stale: false,
  revision: REVISION,
  ...changes,
})

const opened = ({ id }: OpenRequest): OpenReply => ({ id, kind: 'open', leaseSeconds: 120 })

/** An updater that says what the test says, and leases connected to it. Time stands still unless the test moves it. */
async function start(t: TestContext, deadlineMs = 2000) {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-leases-'))
  const path = join(folder, 'updater.sock')
  const updater = createUpdater(path)
  await updater.listen()
  const clock = { now: 1_000_000 }
  const revisions: string[] = []
  const announced: string[] = []
  const states: boolean[] = []
  const late: string[] = []
  const leases = createLeases({
    path,
    now: () => clock.now,
    deadlineMs,
    onRevision: (revision) => revisions.push(revision),
    onNext: (revision) => announced.push(revision),
    onState: (connected) => states.push(connected),
    onTaken: () => {},
    onDeadline: ({ name }) => late.push(name),
    onInUse: () => {},
  })
  leases.start()
  t.after(async () => {
    leases.close()
    await updater.stop()
    rmSync(folder, { recursive: true })
  })
  await eventually('the greeting', () => leases.confirmedRevision)
  return { leases, updater, clock, revisions, announced, states, late }
}

function createUpdater(path: string) {
  const sockets = new Set<Socket>()
  const frames: Frame[] = []
  let generation = 1
  let answer: ((request: OpenRequest) => OpenReply) | undefined = opened
  let server = createServer()

  function admit(socket: Socket): void {
    const decoder = new FrameDecoder()
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (chunk) => {
      for (const frame of decoder.push(chunk)) hear(socket, frame)
    })
    socket.write(encodeUpdaterHello(REVISION, generation))
  }

  function hear(socket: Socket, frame: Frame): void {
    frames.push(frame)
    const message = decodeResolverFrame(frame)
    if (message.kind === 'open' && answer !== undefined) socket.write(encodeReplies(message.requests.map(answer)))
  }

  return {
    /** What the resolver said, greetings left out. */
    get frames() {
      return frames.filter((frame) => typeof frame !== 'string' || !frame.includes('hello'))
    },
    listen: () =>
      new Promise<void>((resolve) => {
        server = createServer(admit).listen(path, resolve)
      }),
    stop: () =>
      new Promise<unknown>((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(resolve)
      }),
    say: (...words: readonly (string | Uint8Array)[]) => {
      for (const socket of sockets) for (const word of words) socket.write(word)
    },
    stopReading: () => {
      for (const socket of sockets) socket.pause()
    },
    answers: (how: typeof answer) => {
      answer = how
    },
    set generation(next: number) {
      generation = next
    },
  }
}

test('nothing is open before the updater has said so; then until the lease ends, for that client alone', async (t) => {
  const { leases, clock } = await start(t)
  const holder = createLeaseHolder()
  assert.equal(leases.covers(holder, CLIENT, clock.now), false)
  await leases.open(holder, request())
  assert.equal(leases.openUntil(holder, CLIENT), clock.now + 120_000)
  assert.equal(leases.covers(holder, CLIENT, clock.now + 120_000), true)
  assert.equal(leases.covers(holder, CLIENT, clock.now + 120_001), false)
  assert.equal(leases.covers(holder, { id: 'other', payer: 'other', addresses: [] }, clock.now), false)
})

test('figures are asked for once however many want them; whoever does not say them is not waited for', async (t) => {
  const { leases, updater } = await start(t)
  const [one, other] = [leases.figures(), leases.figures()]
  await eventually('the question', () => updater.frames.length > 0)
  updater.say(encodeFigures({ leases: 3 }))
  assert.deepEqual(await Promise.all([one, other]), [{ leases: 3 }, { leases: 3 }])
  assert.deepEqual(updater.frames, ['{"figures":true}'])
  const begun = performance.now()
  assert.equal(await leases.figures(), undefined)
  assert.ok(performance.now() - begun < 2_000)
  const cutOff = leases.figures()
  await updater.stop()
  assert.equal(await cutOff, undefined)
  assert.equal(await leases.figures(), undefined)
})

test('two sources that one prefix names share an id, not their leases', async (t) => {
  const { leases, clock } = await start(t)
  const holder = createLeaseHolder()
  await leases.open(holder, request())
  assert.equal(leases.covers(holder, { ...CLIENT, addresses: [parseAddress('10.77.0.3')!] }, clock.now), false)
})

test('a lease counts from the question, because the kernel’s clock may have started then', async (t) => {
  const { leases, updater, clock } = await start(t)
  const holder = createLeaseHolder()
  const asked = clock.now
  updater.answers((wish) => {
    clock.now += 1500
    return opened(wish)
  })
  await leases.open(holder, request())
  assert.equal(leases.openUntil(holder, CLIENT), asked + 120_000)
})

test('requests of one turn of the event loop leave in one batch', async (t) => {
  const { leases, updater } = await start(t)
  await Promise.all(Array.from({ length: 50 }, () => leases.open(createLeaseHolder(), request())))
  assert.equal(updater.frames.length, 1)
})

test('who needs an answer under the next revision is not told what becomes of a request under the one before', async (t) => {
  const { leases, updater } = await start(t)
  const holder = createLeaseHolder()
  updater.answers((asked) =>
    asked.revision === REVISION ? { id: asked.id, kind: 'refused', reason: 'revision', message: 'another is in force' } : opened(asked),
  )
  const former = leases.open(holder, request())
  const next = leases.open(holder, request({ revision: OTHER_REVISION }))
  const joined = leases.open(holder, request({ revision: OTHER_REVISION }))
  await assert.rejects(former, { reason: 'revision' })
  await Promise.all([next, joined])
  assert.equal(leases.status().opened, 1)
})

test('concurrent needs of one answer by one client are one request; another client’s is another', async (t) => {
  const { leases, updater } = await start(t)
  const holder = createLeaseHolder()
  const other = { id: 'other', payer: 'other', addresses: [] }
  await Promise.all([leases.open(holder, request()), leases.open(holder, request()), leases.open(holder, request({ client: other }))])
  const [message] = updater.frames.map(decodeResolverFrame)
  assert.equal(message?.kind === 'open' && message.requests.length, 2)
})

function requestsIn(frame: Frame): readonly OpenRequest[] {
  const message = decodeResolverFrame(frame)
  return message.kind === 'open' ? message.requests : []
}

test('of what one client asks for some is under way, and the rest keeps nobody else waiting; a request for more than that goes alone', async (t) => {
  const { leases, updater } = await start(t)
  updater.answers(undefined)
  const heard = () => updater.frames.flatMap((frame) => requestsIn(frame)).map(({ id, name }) => ({ id, name }))
  const ask = (name: string, count: number, client = CLIENT) => {
    const addresses = Array.from({ length: count }, (_, index) => parseAddress(`198.51.${index >> 8}.${index & 255}`)!)
    return leases.open(createLeaseHolder(), request({ client, name: parseName(name), addresses }))
  }
  const many = Array.from({ length: 20 }, (_, index) => ask(`n${index}.example`, 100))
  const alone = ask('large.example', 3000)
  const neighbour = ask('neighbour.example', 1, { id: 'other', payer: 'other', addresses: [] })
  await eventually('the neighbour is heard', () => heard().some(({ name }) => name === 'neighbour.example'))
  assert.deepEqual(
    heard().map(({ name }) => name),
    ['n0.example', 'n1.example', 'n2.example', 'n3.example', 'n4.example', 'neighbour.example'],
  )
  const answered = new Set<number>()
  const answerAll = () => {
    const next = heard().filter(({ id }) => !answered.has(id))
    for (const { id } of next) answered.add(id)
    updater.say(encodeReplies(next.map(({ id }) => ({ id, kind: 'open', leaseSeconds: 120 }))))
    return next.length
  }
  const sizes: number[] = []
  for (const expected of [6, 5, 5, 5, 1]) {
    await eventually('the next are heard', () => heard().length - answered.size === expected)
    sizes.push(answerAll())
  }
  assert.deepEqual(sizes, [6, 5, 5, 5, 1])
  await Promise.all([...many, alone, neighbour])
})

test('what waits for its turn until the deadline is not sent, and one that goes makes room', async (t) => {
  const { leases, updater, clock, late } = await start(t, 100)
  updater.answers(undefined)
  const addresses = Array.from({ length: 512 }, (_, index) => parseAddress(`198.51.${index >> 8}.${index & 255}`)!)
  const names = ['a.example', 'b.example', 'c.example']
  const outcomes = names.map((name) => leases.open(createLeaseHolder(), request({ name: parseName(name), addresses })))
  clock.now += 100
  await Promise.allSettled(outcomes)
  assert.deepEqual(late, names)
  updater.answers(opened)
  await leases.open(createLeaseHolder(), request({ name: parseName('d.example'), addresses }))
  assert.deepEqual(
    updater.frames.flatMap((frame) => requestsIn(frame)).map(({ name }) => name),
    ['a.example', 'd.example'],
  )
})

test('a refusal rejects with its reason and opens nothing', async (t) => {
  const { leases, updater, clock } = await start(t)
  updater.answers(({ id }) => ({ id, kind: 'refused', reason: 'revision', message: 'another' }))
  const holder = createLeaseHolder()
  await assert.rejects(leases.open(holder, request()), (error) => error instanceof LeaseError && error.reason === 'revision')
  assert.equal(leases.covers(holder, CLIENT, clock.now), false)
  assert.equal(leases.status().failed.revision, 1)
})

test('an updater that says nothing is not waited for beyond the deadline; its late word is not believed', async (t) => {
  const { leases, updater, clock, late } = await start(t, 20)
  let wish: OpenRequest | undefined
  updater.answers(undefined)
  const holder = createLeaseHolder()
  const failing = assert.rejects(leases.open(holder, request()), (error) => error instanceof LeaseError && error.reason === 'deadline')
  await eventually('the question', () => updater.frames.length === 1)
  const message = decodeResolverFrame(updater.frames[0]!)
  if (message.kind === 'open') wish = message.requests[0]
  clock.now += 20
  await failing
  assert.deepEqual(late, [request().name])
  updater.say(encodeReplies([opened(wish!)]), encodeRevision(OTHER_REVISION))
  await eventually('the late word', () => leases.confirmedRevision === OTHER_REVISION)
  assert.equal(leases.covers(holder, CLIENT, clock.now), false)
})

test('a new generation forgets what was open; what is opened under it counts', async (t) => {
  const { leases, updater, clock } = await start(t)
  const holder = createLeaseHolder()
  await leases.open(holder, request())
  updater.say(encodeGeneration(2))
  await eventually('the news', () => !leases.covers(holder, CLIENT, clock.now))
  await leases.open(holder, request())
  assert.equal(leases.covers(holder, CLIENT, clock.now), true)
})

test('leases outlive the connection: they are kept with the same generation, forgotten with another', async (t) => {
  const { leases, updater, clock, states } = await start(t)
  const holder = createLeaseHolder()
  await leases.open(holder, request())
  await updater.stop()
  await eventually('the loss', () => leases.confirmedRevision === undefined)
  assert.equal(leases.covers(holder, CLIENT, clock.now), true)
  await updater.listen()
  await eventually('the return', () => leases.confirmedRevision)
  assert.equal(leases.covers(holder, CLIENT, clock.now), true)
  updater.generation = 2
  await updater.stop()
  await updater.listen()
  await eventually('the new generation', () => !leases.covers(holder, CLIENT, clock.now))
  assert.deepEqual(states.slice(0, 3), [true, false, true])
})

test('what waits when the updater goes is asked again when it is back', async (t) => {
  const { leases, updater } = await start(t)
  updater.answers(undefined)
  const waiting = leases.open(createLeaseHolder(), request())
  await eventually('the question', () => updater.frames.length === 1)
  await updater.stop()
  updater.answers(opened)
  await updater.listen()
  await waiting
  assert.equal(updater.frames.length, 2)
})

test('an updater that is away for a while is found soon after it listens again', async (t) => {
  const { leases, updater } = await start(t)
  await updater.stop()
  await pause(900)
  await updater.listen()
  const startedAt = performance.now()
  await eventually('the greeting', () => leases.confirmedRevision)
  assert.ok(performance.now() - startedAt < 400)
})

test('without a connection a request waits for one, until the deadline', async (t) => {
  const { leases, updater, clock } = await start(t, 20)
  await updater.stop()
  await eventually('the loss', () => leases.confirmedRevision === undefined)
  const failing = assert.rejects(
    leases.open(createLeaseHolder(), request()),
    (error) => error instanceof LeaseError && error.reason === 'deadline',
  )
  clock.now += 20
  await failing
})

test('to an updater that has stopped reading no more is written than it may one day want: what is left out fails in time, and is counted', async (t) => {
  const { leases, updater, clock } = await start(t, 50)
  updater.stopReading()
  const addresses = Array.from({ length: 4000 }, (_, n) => parseAddress(`2001:db8::${(n + 1).toString(16)}`)!)
  const failures: Promise<unknown>[] = []
  for (let turn = 0; turn < 100; turn++) {
    // Of one client only the first would be sent.
    const client = { id: `client-${turn}`, payer: `client-${turn}`, addresses: [] }
    failures.push(assert.rejects(leases.open(createLeaseHolder(), request({ client, addresses }))))
    await new Promise((resolve) => setImmediate(resolve))
  }
  clock.now += 60
  await Promise.all(failures)
  const { unsent, failed } = leases.status()
  assert.equal(failed.deadline, 100)
  // A request of 4,000 addresses has some 68,000 octets: 4 MiB of them and what the socket itself holds are sent.
  assert.ok(unsent > 5 && unsent < 50, `${unsent} of 100 were not sent`)
})

test('revisions are reported as they are announced, and what comes next before; the updater is told what the resolver is ready for', async (t) => {
  const { leases, updater, revisions, announced } = await start(t)
  updater.say(encodeNext(OTHER_REVISION) + encodeRevision(OTHER_REVISION))
  await eventually('the revision', () => revisions.length === 2)
  assert.deepEqual(revisions, [REVISION, OTHER_REVISION])
  assert.deepEqual(announced, [OTHER_REVISION])
  leases.ready(REVISION)
  await eventually('its word', () => updater.frames.includes(`{"ready":"${REVISION}"}`))
})

test('an updater that speaks otherwise is hung up on, and connected to again', async (t) => {
  const { leases, updater, states } = await start(t)
  updater.say('{"surprise":1}\n')
  await eventually('the second greeting', () => states.length === 3)
  assert.deepEqual(states, [true, false, true])
  assert.equal(leases.status().lastError, undefined)
})

test('what still waits at the end fails', async (t) => {
  const { leases, updater } = await start(t)
  updater.answers(undefined)
  const failing = assert.rejects(
    leases.open(createLeaseHolder(), request()),
    (error) => error instanceof LeaseError && error.reason === 'closed',
  )
  leases.close()
  await failing
})

test('the memory of one answer is bounded by the clients that have it open', async (t) => {
  const { leases, clock } = await start(t)
  const holder = createLeaseHolder()
  for (let round = 0; round < 3; round++) {
    const clients = Array.from({ length: 200 }, (_, n) => ({ id: `client-${round}-${n}`, payer: `client-${round}-${n}`, addresses: [] }))
    await Promise.all(clients.map((client) => leases.open(holder, request({ client }))))
    clock.now += 200_000
  }
  assert.ok(holder.openUntil.size <= 400, String(holder.openUntil.size))
})
