import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cookieOption } from '../../src/dns/cookie.ts'
import { OPT_OCTETS, writeOpt } from '../../src/dns/edns.ts'
import { parseName } from '../../src/dns/name.ts'
import { createCookieJar } from '../../src/upstream/cookie-jar.ts'
import { composeQuery } from '../../src/upstream/question.ts'
import { answerTo } from './scripted-server.ts'

const question = { name: parseName('www.example.org'), type: 1, dnssecOk: false }
const query = composeQuery(question, { id: 1, randomizeCase: true, edns: false })
const BADCOOKIE = 23

/** A reply with these EDNS options. */
function replyWith(options: Uint8Array, rcode = 0): Buffer {
  const answer = answerTo(query, { rcode: rcode & 15 })
  const opt = Buffer.alloc(OPT_OCTETS + options.length)
  writeOpt(opt, 0, rcode >> 4, false, options)
  answer[11] = 1
  return Buffer.concat([answer, opt])
}

const clientOf = (option: Uint8Array) => option.slice(4, 12)
const NONE = new Uint8Array(0)

test('a reply with a cookie of somebody else is a forgery, whatever else it has right (RFC 7873 section 5.3)', () => {
  const jar = createCookieJar()
  const client = clientOf(jar.option())
  assert.equal(jar.judge(replyWith(cookieOption(client, new Uint8Array(8).fill(7))), 'whole'), 'whole')
  client[0]! ^= 1
  assert.equal(jar.judge(replyWith(cookieOption(client, new Uint8Array(8).fill(9))), 'whole'), 'wrong')
  assert.deepEqual([...jar.option().slice(12)], Array(8).fill(7))
})

test('a server that has never sent a cookie needs none; of one that has, a reply without is asked for again over TCP', () => {
  const jar = createCookieJar()
  const client = clientOf(jar.option())
  assert.equal(jar.judge(replyWith(NONE), 'whole'), 'whole')
  assert.equal(jar.judge(replyWith(cookieOption(client)), 'whole'), 'whole')
  assert.equal(jar.judge(replyWith(NONE), 'whole'), 'whole')
  jar.judge(replyWith(cookieOption(client, new Uint8Array(16))), 'whole')
  assert.equal(jar.judge(replyWith(NONE), 'whole'), 'bare')
  assert.equal(jar.judge(answerTo(query), 'whole'), 'bare')
})

test('a server that refuses a cookie gives a fresh one, and is asked again over TCP (RFC 7873 section 5.3)', () => {
  const jar = createCookieJar()
  assert.equal(jar.judge(replyWith(cookieOption(clientOf(jar.option()), new Uint8Array(8).fill(3)), BADCOOKIE), 'whole'), 'bare')
  assert.deepEqual([...jar.option().slice(12)], Array(8).fill(3))
})

test('a reply over TCP without a cookie says that none is to be expected', () => {
  const jar = createCookieJar()
  jar.learn(replyWith(cookieOption(clientOf(jar.option()), new Uint8Array(8))))
  assert.equal(jar.judge(replyWith(NONE), 'whole'), 'bare')
  jar.learn(replyWith(NONE))
  assert.equal(jar.judge(replyWith(NONE), 'whole'), 'whole')
})
