// RFC 5452: what is no answer to what we asked, from whom we asked it, is not believed, cached or opened.

import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { decode, encode } from '../resolver/world.ts'
import { exchangeUdp } from '../server/client.ts'
import { type Asked, answerTo, lowerCased, startScriptedServer } from '../upstream/scripted-server.ts'
import { startRig } from './rig.ts'

const PORT = 53
let script = ({ query, reply }: Asked): void => reply(answerTo(query))
const server = await startScriptedServer((asked) => script(asked))
const rig = await startRig({ entries: ['*.example'], upstream: server.endpoint })
after(async () => {
  await rig.close()
  server.close()
})

/** An answer that would open 192.0.2.66. */
function forged(query: Buffer, change = (answer: Buffer) => answer): Buffer {
  const answer = answerTo(query)
  answer[answer.length - 1] = 66
  return change(answer)
}

/** The forgery comes first, then the answer. */
const precededBy = (forge: (query: Buffer) => Buffer) => {
  script = ({ query, reply }) => {
    reply(forge(query))
    reply(answerTo(query))
  }
}

const FORGERIES: [string, (answer: Buffer) => Buffer][] = [
  ['with another ID', (answer) => answer.fill(answer[0]! ^ 0x80, 0, 1)],
  ['for another name', (answer) => answer.fill(answer[13]! ^ 0x02, 13, 14)],
  ['for another type', (answer) => answer.fill(28, answer.indexOf(0, 12) + 2, answer.indexOf(0, 12) + 3)],
  ['for another class', (answer) => answer.fill(3, answer.indexOf(0, 12) + 4, answer.indexOf(0, 12) + 5)],
  ['that is a query', (answer) => answer.fill(answer[2]! & 0x7f, 2, 3)],
  ['with another opcode', (answer) => answer.fill(answer[2]! | 0x20, 2, 3)],
  ['without a question', (answer) => answer.fill(0, 5, 6)],
  ['with two questions', (answer) => answer.fill(2, 5, 6)],
  ['cut in the question', (answer) => answer.subarray(0, 20)],
  ['cut in the header', (answer) => answer.subarray(0, 7)],
]
for (const [index, [what, change]] of FORGERIES.entries())
  test(`a reply ${what} is ignored, and the right one behind it is taken`, async () => {
    const before = rig.upstream.status().servers[0]!.wrong
    precededBy((query) => forged(query, change))
    assert.match(await rig.dig(`n${index}.example`), /192\.0\.2\.1\n/)
    assert.equal(rig.upstream.status().servers[0]!.wrong, before + 1)
  })

for (const [what, address] of [
  ['port', '127.0.0.1'],
  ['address', '127.0.0.66'],
] as const)
  test(`a reply from another ${what} does not even arrive`, async (context) => {
    const before = rig.upstream.status().servers[0]!.wrong
    const stranger = createSocket('udp4')
    context.after(() => stranger.close())
    stranger.bind(address === '127.0.0.1' ? 0 : server.endpoint.port, address)
    await once(stranger, 'listening')
    script = ({ query, from, reply }) => stranger.send(forged(query), from!.port, from!.address, () => reply(answerTo(query)))
    assert.match(await rig.dig(`other-${what}.example`), /192\.0\.2\.1\n/)
    assert.equal(rig.upstream.status().servers[0]!.wrong, before)
  })

test('a reply that is right but for its letter case is asked for again over TCP, where nobody can forge', async () => {
  const transports: string[] = []
  script = ({ query, transport, reply }) => {
    transports.push(transport)
    reply(transport === 'udp' ? lowerCased(forged(query)) : answerTo(query))
  }
  assert.match(await rig.dig('a-name-with-many-letters.example'), /192\.0\.2\.1\n/)
  assert.deepEqual(transports, ['udp', 'tcp'])
})

test('a flood of forgeries moves the question to TCP', async () => {
  const transports: string[] = []
  script = ({ query, transport, reply }) => {
    transports.push(transport)
    if (transport === 'tcp') return reply(answerTo(query))
    const forgery = forged(query)
    for (let guess = 1; guess < 500; guess++) {
      forgery.writeUInt16BE(query.readUInt16BE(0) ^ guess, 0)
      reply(Buffer.from(forgery))
    }
  }
  assert.match(await rig.dig('flooded.example'), /192\.0\.2\.1\n/)
  assert.deepEqual(transports, ['udp', 'tcp'])
})

test('a question that many ask at once leaves once, so that forgers get one guess and not many', async () => {
  const asked: Buffer[] = []
  script = ({ query, reply }) => {
    asked.push(query)
    setTimeout(() => reply(answerTo(query)), 30)
  }
  const replies = await Promise.all(Array.from({ length: 50 }, () => exchangeUdp(PORT, encode('birthday.example', 'A'))))
  assert.ok(replies.every((reply) => decode(reply).answers?.length === 1))
  assert.equal(asked.length, 1)
})

test('nothing that was forged has been opened', () => {
  const opened = new Set(rig.kernel.requests.flatMap(({ addresses }) => addresses))
  assert.deepEqual([...opened], ['192.0.2.1'])
})
