import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DestinationError } from '../../src/zones/destination-error.ts'
import { allowInZone, denyInZone, parseDestination } from '../../src/zones/edit.ts'

const NOW = Date.UTC(2027, 2, 2)
const allow = (text: string, destination: string) => allowInZone(text, parseDestination(destination), NOW)
const deny = (text: string, destination: string) => denyInZone(text, parseDestination(destination))
const ZONE = '# what the agent needs\n\na.example   tcp/443   # the API\nb.example\n'

test('a new destination is a line at the end; comments, order and spacing stay', () => {
  assert.equal(allow(ZONE, 'c.example'), `${ZONE}c.example\n`)
  assert.equal(allow(ZONE, '*.C.example.'), `${ZONE}*.c.example\n`)
  assert.equal(allow(ZONE, 'c.example:8443'), `${ZONE}c.example tcp/8443\n`)
  assert.equal(allow(ZONE, 'c.example:udp/443'), `${ZONE}c.example udp/443\n`)
  assert.equal(allow(ZONE, 'c.example:8000-8100'), `${ZONE}c.example tcp/8000-8100\n`)
  assert.equal(allow(ZONE, '[2001:db8::1]:22'), `${ZONE}2001:db8::1 tcp/22\n`)
  assert.equal(allow('a.example', 'b.example'), 'a.example\nb.example\n')
  assert.equal(allow('', 'b.example'), 'b.example\n')
})

test('an entry that is there gains the port, and keeps those that it had from $PORTS', () => {
  assert.equal(allow(ZONE, 'a.example:22'), ZONE.replace('tcp/443   #', 'tcp/443 tcp/22   #'))
  assert.equal(allow(ZONE, 'b.example:22'), ZONE.replace('b.example', 'b.example tcp/443 tcp/22'))
  assert.equal(allow('$PORTS 80\nb.example\n', 'b.example:22'), '$PORTS 80\nb.example tcp/80 tcp/22\n')
  assert.equal(allow(ZONE, 'a.example'), ZONE)
  assert.equal(allow(ZONE, 'b.example:443'), ZONE)
  assert.equal(allow('b.example any\n', 'b.example:22'), 'b.example any\n')
})

test('an entry whose end has passed is allowed again without it, one that has not ended keeps its end', () => {
  assert.equal(allow('a.example until=2027-03-01 tcp/22 # until=2027-03-01\n', 'a.example'), 'a.example tcp/22 # until=2027-03-01\n')
  assert.equal(allow('a.example  until=2027-03-01\n', 'a.example:22'), 'a.example tcp/443 tcp/22\n')
  assert.equal(allow('a.example until=2027-03-02\n', 'a.example'), 'a.example until=2027-03-02\n')
  assert.equal(allow('a.example # until=2027-03-01\n', 'a.example'), 'a.example # until=2027-03-01\n')
})

test('allowing takes the deny of the same name away, and denying the allow', () => {
  assert.equal(allow('!a.example\nb.example\n', 'a.example'), 'b.example\na.example\n')
  assert.equal(deny(ZONE, 'a.example'), '# what the agent needs\n\nb.example\n!a.example\n')
  assert.equal(deny('!a.example\n', 'A.example'), '!a.example\n')
})

test('a destination that means nothing is refused with what to write', () => {
  assert.throws(
    () => parseDestination('https://api.example/x'),
    (error: Error) => error instanceof DestinationError && /write "api\.example"/.test(error.message),
  )
  for (const bad of ['a.example:99999', 'a.example:', 'a.example:sctp/9', 'a.example/24:443', '[10.0.0.1', 'a:b:c'])
    assert.throws(() => parseDestination(bad), DestinationError, bad)
  assert.throws(() => parseDestination('10.0.0.1/8'), DestinationError)
})
