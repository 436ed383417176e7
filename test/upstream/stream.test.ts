import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { FrameReader, frame } from '../../src/dns/frame.ts'
import { parseName } from '../../src/dns/name.ts'
import { parseEndpoint } from '../../src/net/endpoint.ts'
import { connectPlainly } from '../../src/upstream/connect.ts'
import { composeQuery } from '../../src/upstream/question.ts'
import { createStream } from '../../src/upstream/stream.ts'
import { answerTo } from './scripted-server.ts'

const question = { name: parseName('www.example.org'), type: 1, dnssecOk: false }
const compose = (id: number) => composeQuery(question, { id, randomizeCase: false })

test('a connection on which nothing has come in the second since the query is given up with it, and the next query has another', async (context) => {
  const connections: Socket[] = []
  const server = createServer((connection) => {
    const number = connections.push(connection)
    const frames = new FrameReader()
    connection.on('data', (chunk: Buffer) => {
      frames.push(chunk)
      for (let query = frames.next(); query !== undefined && number > 1; query = frames.next()) {
        const answer = answerTo(query)
        connection.write(frame(answer, answer.length))
      }
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const endpoint = parseEndpoint(`127.0.0.1:${(server.address() as AddressInfo).port}`, 53)!
  const stream = createStream({ place: 'test', open: () => connectPlainly(endpoint), onWrong() {} })
  context.after(() => {
    stream.close()
    for (const connection of connections) connection.destroy()
    server.close()
  })
  for (const timeoutMs of [50, 1_000]) {
    await assert.rejects(stream.ask(compose, timeoutMs), { name: 'UpstreamError', kind: 'timeout' })
    assert.equal(connections.length, 1)
  }
  assert.equal((await stream.ask(compose, 10_000)).judgement, 'whole')
  assert.equal(connections.length, 2)
})
