// RFC 7873 and 9018: cookies are between neighbours. What a client sends stays here; towards upstream we have our own.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { cookieOption, readCookie } from '../../src/dns/cookie.ts'
import { answerTo, startScriptedServer } from '../upstream/scripted-server.ts'
import { startRig } from './rig.ts'

const records = Array.from({ length: 9 }, (_, index) => `n${index}.example. 300 IN A 192.0.2.${index}`)
const unasked = 'unasked.example. 300 IN A 192.0.2.9'
const settings = ['answer-cookie: yes', 'cookie-secret: 00112233445566778899aabbccddeeff']
let rig = await startRig({ entries: ['*.example'], records: [...records, unasked], settings })
after(() => rig.close())

test('NSD gives a cookie, and goes on answering when it comes back', async () => {
  for (let index = 0; index < 9; index++) assert.match(await rig.dig(`n${index}.example`), new RegExp(`192\\.0\\.2\\.${index}\n`))
  const { wrong, overTcp } = rig.upstream.status().servers[0]!
  assert.deepEqual([wrong, overTcp], [0, 0])
})

test('a client that sends a cookie gets it back with one of ours, whatever the answer, and over both transports (RFC 9018)', async () => {
  for (const words of [
    ['n0.example'],
    ['n0.example', '+tcp'],
    ['denied.invalid'],
    ['n0.example', 'ANY', '+notcp'],
    ['n0.example', '+edns=1', '+noednsnegotiation'],
    ['unasked.example'], // has to wait
  ])
    assert.match(
      await rig.dig(...words, '+cookie=0102030405060708'),
      /; COOKIE: 0102030405060708010000006955b900[0-9a-f]{16} \(good\)/,
      words.join(' '),
    )
  assert.match(await rig.kdig('n0.example', '+cookie'), /Cookie: [0-9A-F]{48}/i)
  assert.doesNotMatch(await rig.dig('n0.example', '+nocookie'), /COOKIE/)
})

test('the cookie of ours differs by client address and by client cookie', async () => {
  const ours = async (...words: string[]) => /COOKIE: [0-9a-f]{16}([0-9a-f]{32})/.exec(await rig.dig('n0.example', ...words))?.[1]
  const cookies = [
    await ours('+cookie=0102030405060708'),
    await ours('+cookie=0102030405060709'),
    await ours('+cookie=0102030405060708', '-b', '127.0.0.5'),
  ]
  assert.equal(new Set(cookies).size, 3)
  assert.equal(await ours('+cookie=0102030405060708'), cookies[0])
})

test('a cookie of no such length is FORMERR (section 5.2.2), an old one of ours is replaced', async () => {
  assert.match(await rig.dig('n0.example', '+nocookie', '+ednsopt=10:01020304050607'), /status: FORMERR/)
  assert.match(await rig.dig('n0.example', `+cookie=0102030405060708${'00'.repeat(16)}`), /COOKIE: 010203040506070801000000/)
})

test('a query without a question asks for a cookie alone (section 5.4)', async () => {
  const printed = await rig.dig('+header-only', '+cookie=0102030405060708', 'n0.example')
  assert.match(printed, /status: NOERROR/)
  assert.match(printed, /COOKIE: 010203040506070801000000/)
  assert.match(await rig.dig('+header-only', '+nocookie', 'n0.example'), /status: FORMERR/)
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
