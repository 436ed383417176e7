import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { openRoutes, watchLinks } from '../../src/linux/route.ts'
import { createRoutingLocks, removeLocks } from '../../src/updater/routing-lock.ts'
import { enterPrivateNamespace } from '../support/netns.ts'

enterPrivateNamespace()
const LOCK = { interfaceName: 'sbx1', mark: 0x10000, preference: 5300 }

function ip(command: string): string {
  return execFileSync('ip', command.split(' '), { encoding: 'utf8' })
}

function rules(family: '-4' | '-6'): string[] {
  const lines = ip(`${family} rule`).split('\n')
  return lines.filter((line) => line.includes('sbx1')).map((line) => line.replace(/\s+/g, ' ').trim())
}

test('the lock is two rules in each family, made once, listed, and removed whole', () => {
  const routes = openRoutes()
  routes.lock(LOCK)
  routes.lock(LOCK)
  for (const family of ['-4', '-6'] as const) {
    const [marked, blackhole, ...more] = rules(family)
    assert.match(marked!, /^5300: from all fwmark 0x10000\/0x10000 iif sbx1 .*lookup main/)
    assert.match(blackhole!, /^5301: from all iif sbx1 .*blackhole/)
    assert.deepEqual(more, [])
  }
  assert.deepEqual(routes.locks(LOCK.mark), [LOCK])
  routes.unlock(LOCK)
  routes.unlock(LOCK)
  assert.deepEqual([rules('-4'), rules('-6'), routes.locks(LOCK.mark)], [[], [], []])
  routes.close()
})

test('half a lock is found and completed, and the rules of others are not ours', () => {
  const routes = openRoutes()
  routes.lock(LOCK)
  ip('-4 rule del pref 5300')
  ip('-6 rule del pref 5300')
  assert.deepEqual(routes.locks(LOCK.mark), [LOCK])
  routes.lock(LOCK)
  assert.equal(rules('-4').length, 2)
  routes.unlock(LOCK)
  ip('rule add iif sbx1 fwmark 0x10000/0x10000 lookup main pref 5300')
  assert.deepEqual(routes.locks(LOCK.mark), [])
  routes.close()
})

test('new links and addresses are told once', () => {
  const [watch, routes] = [watchLinks(), openRoutes()]
  assert.equal(watch.poll(), false)
  ip('link add sbx1 type veth peer name sbx2')
  assert.equal(watch.poll(), true)
  assert.equal(watch.poll(), false)
  ip('address add 10.77.1.1/24 dev sbx1')
  assert.equal(watch.poll(), true)
  assert.deepEqual(
    routes
      .links()
      .filter(({ name }) => name === 'sbx1')
      .map(({ up }) => up),
    [false],
  )
  watch.close()
  routes.close()
})

test('rules that somebody takes are told, and a lock that has lost one is whole again at the next poll', () => {
  const locks = createRoutingLocks(['sbx1'])
  const both = [rules('-4'), rules('-6')]
  assert.ok(both.every((lines) => lines.length >= 2))
  locks.poll()
  ip('-4 rule del pref 5301')
  for (const preference of [5300, 5301]) ip(`-6 rule del pref ${preference}`)
  assert.notDeepEqual([rules('-4'), rules('-6')], both)
  locks.poll()
  assert.deepEqual([rules('-4'), rules('-6')], both)
  locks.close()
  removeLocks()
})
