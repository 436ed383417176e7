import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCookieIssuer } from '../../src/dns/server-cookie.ts'
import { sipHash24 } from '../../src/dns/siphash.ts'
import { parseAddress } from '../../src/net/address.ts'

const octets = (text: string) => Buffer.from(text, 'hex')

test('SipHash-2-4 of the vector in its paper (appendix A), and of its reference implementation', () => {
  const key = Uint8Array.from({ length: 16 }, (_, index) => index)
  const message = Uint8Array.from({ length: 15 }, (_, index) => index)
  assert.equal(Buffer.from(sipHash24(key, message)).reverse().toString('hex'), 'a129ca6149be45e5')
  assert.equal(Buffer.from(sipHash24(key, message.subarray(0, 0))).toString('hex'), '310e0edd47db6f72')
  assert.equal(Buffer.from(sipHash24(key, message.subarray(0, 8))).toString('hex'), '6224939a79f5f593')
})

/** RFC 9018 appendix A. */
const VECTORS = [
  ['e5e973e5a6b2a43f48e7dc849e37bfcf', '2464c4abcf10c957', '198.51.100.100', 1559731985, '010000005cf79f111f8130c3eee29480'],
  [
    'dd3bdf9344b678b185a6f5cb60fca715',
    '22681ab97d52c298',
    '2001:db8:220:1:59de:d0f4:8769:82b8',
    1559741817,
    '010000005cf7c57926556bd0934c72f8',
  ],
] as const
for (const [secret, client, source, seconds, expected] of VECTORS)
  test(`the cookie of RFC 9018 for ${source}`, () => {
    const option = createCookieIssuer(octets(secret))(octets(client), parseAddress(source)!, seconds * 1000)
    assert.equal(Buffer.from(option).toString('hex'), `000a0018${client}${expected}`)
  })
