import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { listElements, listTable } from '../support/nft.ts'
import { assertReachable, startForward } from '../support/scenario.ts'
import { createWorld } from '../support/world.ts'

const SHARING = Array.from({ length: 12 }, (_, index) => `shares-one-address-${index}.example`)
const world = await createWorld([
  'www.example. 300 IN A 192.0.2.10',
  'www.example. 300 IN AAAA 2001:db8:1::10',
  'ranged.example. 300 IN A 192.0.2.11',
  'any.example. 300 IN A 192.0.2.12',
  ...SHARING.map((name) => `${name}. 300 IN A 192.0.2.13`),
])
after(() => world.close())
const { alpha, gateway } = world
const zone = `www.example\nranged.example 8000-8100\nany.example any\n${SHARING.join('\n')}\n203.0.113.0/24\n`
const sallyport = await startForward(world, { zones: { 'app.zone': zone } })
after(() => sallyport.stop())
await assertReachable(alpha, 'www.example')
await assertReachable(alpha, 'www.example', 'AAAA')
await assertReachable(alpha, 'ranged.example', 'A', 8000)
await assertReachable(alpha, 'any.example', 'A', 22)
for (const name of SHARING) await alpha.ask(name)

test('an element says client, destination, protocol and port, how long it stays, and for which name', () => {
  const [four] = listElements(gateway, 'sallyport', 'allow4').filter(({ key }) => key.includes('192.0.2.10'))
  assert.deepEqual([four?.key, four?.comment], ['10.77.1.2 . 192.0.2.10 . tcp . 443', 'www.example'])
  assert.ok(four!.timeoutSeconds > 300 && four!.timeoutSeconds <= 360)
  const [six] = listElements(gateway, 'sallyport', 'allow6')
  assert.deepEqual([six?.key, six?.comment], ['fd77:1::2 . 2001:db8:1::10 . tcp . 443', 'www.example'])
})

test('`any` and each range have a set of their own', () => {
  assert.deepEqual(
    listElements(gateway, 'sallyport', 'any4').map(({ key, comment }) => [key, comment]),
    [['10.77.1.2 . 192.0.2.12', 'any.example']],
  )
  assert.deepEqual(
    listElements(gateway, 'sallyport', 'tcp_8000_8100_v4').map(({ key, comment }) => [key, comment]),
    [['10.77.1.2 . 192.0.2.11', 'ranged.example']],
  )
})

test('an address that many names hold lists as many of them as fit, then how many more', () => {
  const element = listElements(gateway, 'sallyport', 'allow4').find(({ key }) => key.includes('192.0.2.13'))
  assert.ok(element)
  const names = element.comment.split(/[ ,]+/)
  assert.ok(Buffer.byteLength(element.comment) <= 128)
  assert.match(element.comment, /\+\d+$/)
  const shown = names.filter((name) => SHARING.includes(name)).length
  assert.equal(shown + Number(/\+(\d+)$/.exec(element.comment)?.[1]), SHARING.length)
})

test('the table, every set and every chain carry a comment that says what they are for', () => {
  const listing = listTable(gateway, 'sallyport')
  const blocks = [...listing.matchAll(/^\t(set|chain) (\S+) \{\n((?:\t\t.*\n)*)/gm)]
  assert.ok(blocks.length > 8, listing)
  const silent = blocks.filter(([, , , body]) => !body!.includes('comment "')).map(([, kind, name]) => `${kind} ${name}`)
  assert.deepEqual(silent, [])
  assert.match(listing, /^table inet sallyport \{[^\n]*\n(\tflags[^\n]*\n)?\tcomment "/)
})

test('the listing holds the essentials in the words of the design', () => {
  const listing = listTable(gateway, 'sallyport')
  for (const set of ['allow4', 'allow6', 'any4', 'any6', 'static4', 'static6', 'refused4', 'refused6'])
    assert.match(listing, new RegExp(`^\\tset ${set} \\{`, 'm'))
  for (const hook of ['forward', 'input', 'prerouting']) assert.match(listing, new RegExp(`hook ${hook} priority`))
  assert.match(listing, /@allow4 /)
  assert.match(listing, /203\.0\.113\.0\/24/)
  assert.match(listing, /ct direction original/)
  assert.match(listing, /reject with/)
})

test('what is refused is recorded, and the record is bounded', async () => {
  await alpha.reach('192.0.2.200')
  assert.ok(listElements(gateway, 'sallyport', 'refused4').some(({ key }) => key.startsWith('10.77.1.2 . 192.0.2.200')))
  assert.match(gateway.run(['nft', 'list', 'set', 'inet', 'sallyport', 'refused4']), /size \d+/)
})
