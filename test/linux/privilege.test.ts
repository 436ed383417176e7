import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { capabilitiesOf } from '../../src/linux/privilege.ts'

const MODULE = new URL('../../src/linux/privilege.ts', import.meta.url).href

/** Runs a script that has given its privileges up, and returns what it prints as JSON. */
function afterDropping(
  keep: readonly string[],
  script: string,
): { readonly status: number | null; readonly value: unknown; readonly stderr: string } {
  const text = `
    import { readdirSync, readFileSync } from 'node:fs'
    import { dropPrivileges } from ${JSON.stringify(MODULE)}
    await import('node:fs/promises').then((fs) => fs.readFile('/proc/self/status')) // brings the thread pool up
    dropPrivileges({ uid: 4711, gid: 4712, keep: ${JSON.stringify(keep)} })
    const threads = readdirSync('/proc/self/task').map((thread) => readFileSync('/proc/self/task/' + thread + '/status', 'utf8'))
    const field = (status, name) => new RegExp('^' + name + ':[\\t ]*(.*)$', 'm').exec(status)[1]
    console.log(JSON.stringify(${script}))`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', text], { encoding: 'utf8' })
  return { status, stderr, value: stdout === '' ? undefined : JSON.parse(stdout) }
}

test('after dropping, the main thread has what was kept, and every other thread nothing', () => {
  const { value, stderr } = afterDropping(
    ['net_admin'],
    "threads.map((each) => ['CapEff', 'CapPrm', 'CapInh', 'CapAmb'].map((name) => field(each, name)).join(' '))",
  )
  assert.ok(Array.isArray(value), stderr)
  const [none, admin] = ['0000000000000000', '0000000000001000']
  const [main, ...others] = value
  assert.equal(main, `${admin} ${admin} ${none} ${none}`)
  assert.ok(others.length >= 5, 'Node has several threads')
  assert.deepEqual([...new Set(others)], [`${none} ${none} ${none} ${none}`])
})

test('after dropping, every thread is the other user, without groups, and gains nothing by executing', () => {
  const { value } = afterDropping(
    [],
    "[...new Set(threads.map((each) => ['Uid', 'Gid', 'Groups'].map((name) => field(each, name)).join('|')))].concat(field(threads[0], 'NoNewPrivs'), field(threads[0], 'CapBnd'))",
  )
  assert.deepEqual(value, ['4711\t4711\t4711\t4711|4712\t4712\t4712\t4712|', '1', '0000000000000000'])
})

test('what was dropped does not come back', () => {
  const { value } = afterDropping(['net_admin'], '(() => { try { process.setuid(0) } catch (error) { return error.code } })()')
  assert.equal(value, 'EPERM')
})

test("a process's capabilities are read by name", () => {
  const { effective, permitted } = capabilitiesOf('self')
  assert.ok(effective.includes('net_admin') && permitted.includes('setuid'))
  assert.deepEqual(capabilitiesOf(process.pid), capabilitiesOf('self'))
})

test('a user who may not drop is told so', () => {
  const text = `import(${JSON.stringify(MODULE)}).then((privilege) => privilege.dropPrivileges({ uid: 1, gid: 1, keep: [] })).catch((error) => console.log(error.code))`
  const { stdout } = spawnSync('setpriv', ['--reuid=4711', '--regid=4711', '--clear-groups', process.execPath, '--eval', text], {
    encoding: 'utf8',
  })
  assert.equal(stdout, 'EPERM\n')
})
