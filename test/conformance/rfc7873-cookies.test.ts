// RFC 7873 and 9018: cookies are between neighbours. What a client sends stays here; towards upstream we have our own.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { cookieOption, readCookie } from '../../src/dns/cookie.ts'
import { answerTo, startScriptedServer } from '../upstream/scripted-server.ts'
import { startRig } from './rig.ts'

const records = Array.from({ length: 9 }, (_, index) => `n${index}.example. 300 IN A 192.0.2.${index}`)
const settings = ['answer-cookie: yes', 'cookie-secret: 00112233445566778899aabbccddeeff']
let rig = await startRig({ entries: ['*.example'], records, settings })
after(() => rig.close())

test('NSD gives a cookie, and goes on answering when it comes back', async () => {
  for (let index = 0; index < 9; index++) assert.match(await rig.dig(`n${index}.example`), new RegExp(`192\\.0\\.2\\.${index}\n`))
  const { wrong, overTcp } = rig.upstream.status().servers[0]!
  assert.deepEqual([wrong, overTcp], [0, 0])
})

const SERVER_COOKIE = Buffer.from('0123456789abcdef', 'hex')

/** A reply with one OPT record that carries this option. */
function withOption(reply: Buffer, option: Uint8Array, extendedRcode = 0): Buffer {
  const opt = Buffer.concat([Buffer.from([0, 0, 41, 4, 208, extendedRcode, 0, 0, 0, 0, option.length]), option])
  reply.writeUInt16BE(1, 10)
  return Buffer.concat([reply, opt])
}

test("the client's cookie does not travel, ours does, the server's comes back to it, and a reply without it is not believed", async (context) => {
  await rig.close()
  const seen: Buffer[] = []
  const seenOver: string[] = []
  let manner: 'cookie' | 'forged' | 'bare' = 'cookie'
  const server = await startScriptedServer(({ query, transport, reply }) => {
    seen.push(query)
    seenOver.push(transport)
    const { client } = readCookie(query)!
    const answer = (octets: Uint8Array) => withOption(answerTo(query), cookieOption(octets, SERVER_COOKIE))
    if (transport === 'udp' && manner === 'forged') reply(answer(Buffer.alloc(8, 9)))
    if (transport === 'udp' && manner === 'bare') reply(answerTo(query))
    else reply(answer(client))
  })
  context.after(() => server.close())
  rig = await startRig({ entries: ['*.example'], upstream: server.endpoint })
  const transports = () => seenOver.splice(0)

  await rig.dig('a.example', '+cookie=1111111111111111')
  assert.doesNotMatch(seen[0]!.toString('hex'), /1111111111111111/)
  assert.equal(readCookie(seen[0]!)?.server.length, 0)

  await rig.dig('b.example')
  assert.deepEqual(Buffer.from(readCookie(seen[1]!)!.server), SERVER_COOKIE)
  assert.deepEqual(readCookie(seen[1]!)!.client, readCookie(seen[0]!)!.client)

  transports()
  manner = 'forged'
  await rig.dig('c.example')
  assert.deepEqual([transports(), rig.upstream.status().servers[0]!.wrong], [['udp'], 1])

  manner = 'bare'
  await rig.dig('d.example')
  assert.deepEqual(transports(), ['udp', 'tcp'])
})
