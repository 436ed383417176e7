import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from '../../src/net/address.ts'
import { findTranslators, translate } from '../../src/net/translator.ts'

const address = (text: string) => parseAddress(text)!

/** What ipv4only.arpa would be there, and 192.0.2.33 by the table of RFC 6052 section 2.4. */
const LENGTHS: [string, string, string][] = [
  ['/32', '2001:db8:c000:aa::', '2001:db8:c000:221::'],
  ['/40', '2001:db8:1c0:0:aa::', '2001:db8:1c0:2:21::'],
  ['/48', '2001:db8:122:c000:0:aa00::', '2001:db8:122:c000:2:2100::'],
  ['/56', '2001:db8:122:3c0:0:ab::', '2001:db8:122:3c0:0:221::'],
  ['/64', '2001:db8:122:344:c0:0:ab00:0', '2001:db8:122:344:c0:2:2100:0'],
  ['/96', '2001:db8:122:344::c000:ab', '2001:db8:122:344::192.0.2.33'],
]
for (const [length, wellKnown, translated] of LENGTHS)
  test(`a prefix of ${length} is found, and what is in it is taken apart`, () => {
    const prefixes = findTranslators([address(wellKnown)])
    assert.equal(prefixes.length, 1)
    assert.equal(translate(address(translated), prefixes), '192.0.2.33')
    assert.equal(translate(address('2001:db9::1'), prefixes), undefined)
    assert.equal(translate(address('192.0.2.33'), prefixes), undefined)
  })

test('an address without the well-known one tells of no prefix', () => {
  assert.deepEqual(findTranslators(['2001:db8::1', '2001:db8::c000:ac', '192.0.0.170'].map(address)), [])
})
