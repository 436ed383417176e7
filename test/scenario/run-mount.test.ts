// `sallyport run`: what the command must not write or talk to, however the machine has it mounted, and whatever mount(8) can.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { CONNECT, confinedWords, type Outcome, outcomeOf, UID, type Who } from '../support/confined.ts'
import { runCommand } from '../support/namespace.ts'
import { inNamespace } from '../support/netns.ts'
import { createWorld } from '../support/world.ts'

const world = await createWorld(['open.example. 60 IN A 203.0.113.10'])
after(() => world.close())

const WHO: readonly Who[] = ['root', 'user']
const ATTEMPTS = `for each in zones/app.zone zones/more.zone /etc/resolv.conf; do (echo closed.example >>$each) 2>/dev/null && echo "written: $each"; done
ls -A /run/user; [ -S door.sock ] && echo "a door"; ${CONNECT}connect open.example 443; connect closed.example 443`
const QUEUES = '/dev/mqueue'
const FIRM = ['connected', 'no such name']

const door = inNamespace(world.gateway, () => createServer((socket) => socket.end()))
after(() => door.close())

/** A folder to work in, with zone files and a socket of the machine, that the user owns. */
function project(): string {
  const folder = mkdtempSync(join(world.folder, 'project-'))
  mkdirSync(join(folder, 'zones'))
  writeFileSync(join(folder, 'zones', 'app.zone'), 'open.example\n')
  writeFileSync(join(folder, 'sallyport.yaml'), 'zones: ./zones\n')
  chmodSync(folder, 0o755)
  runCommand(['chown', '-R', `${UID}:${UID}`, folder])
  return folder
}

/** Runs the script inside, on a machine that was changed by other lines before. */
function runAfter(who: Who, cwd: string, before: string, script: string): Promise<Outcome> {
  const words = confinedWords(world, { who, flags: ['--quiet'], command: ['sh', '-c', script] })
  return outcomeOf(['unshare', '--mount', '--ipc', '--', 'sh', '-ec', `${before}; exec "$@"`, 'sh', ...words], { cwd })
}

/** The machine's mount(8) is this one; the real one is $real. */
function otherMount(folder: string, script: string): string {
  const real = runCommand(['sh', '-c', 'command -v mount']).trim()
  const [other, copy] = [join(folder, 'mount'), join(folder, 'real-mount')]
  runCommand(['cp', real, copy])
  writeFileSync(other, `#!/bin/sh\nreal=${copy}\n${script}\n`)
  chmodSync(other, 0o755)
  return `mount --bind ${other} $(command -v mount)`
}

test('what is a mount point already is read-only all the same', async () => {
  for (const who of WHO) {
    const { stdout, stderr } = await runAfter(
      who,
      project(),
      'mount --bind zones zones; mount --bind /etc/resolv.conf /etc/resolv.conf',
      ATTEMPTS,
    )
    assert.deepEqual(stdout.trim().split('\n').slice(1), FIRM, stderr)
  }
})

test('flags of a file system that must not change stay as they are', async () => {
  for (const who of WHO) {
    const before = 'mount -t tmpfs -o mode=777,noexec,nosuid,nodev tmpfs zones; echo open.example >zones/app.zone; chmod 666 zones/app.zone'
    const { stdout, stderr } = await runAfter(who, project(), before, ATTEMPTS)
    assert.deepEqual(stdout.trim().split('\n').slice(1), FIRM, stderr)
  }
})

test('where mount(8) cannot work through a table, the mounts are made one by one', async () => {
  const one = 'for each; do [ "$each" != -a ] || exit 1; done; exec $real "$@"'
  for (const who of WHO) {
    const folder = project()
    door.listen(join(folder, 'door.sock'))
    await once(door, 'listening')
    chmodSync(join(folder, 'door.sock'), 0o777)
    const { stdout, stderr } = await runAfter(who, folder, otherMount(folder, one), ATTEMPTS)
    assert.deepEqual(stdout.trim().split('\n').slice(1), FIRM, stderr)
    door.close()
    await once(door, 'close')
  }
})

test('where mount(8) leaves an entry out and says that all is well, the command does not begin', async () => {
  const careless = 'case "$*" in *-a*/binds) ;; *) exec $real "$@" ;; esac'
  for (const who of WHO) {
    const folder = project()
    const { status, stdout, stderr } = await runAfter(who, folder, otherMount(folder, careless), 'echo begun')
    assert.deepEqual([status, stdout], [1, ''])
    assert.match(stderr, /^sallyport: \S+ cannot be kept from the command\n$/)
  }
})

test('control groups cannot be written, nor what is mounted below them, which for a user may be delegated ones', async () => {
  const before =
    'mount -t tmpfs -o mode=777 tmpfs /sys/fs/cgroup; mkdir /sys/fs/cgroup/below; mount -t tmpfs -o mode=777 tmpfs /sys/fs/cgroup/below'
  const script =
    'for each in /sys/fs/cgroup /sys/fs/cgroup/below; do (echo >$each/file) 2>/dev/null && echo "written: $each"; ls -d $each; done'
  for (const who of WHO) {
    const { stdout, stderr } = await runAfter(who, project(), before, script)
    assert.equal(stdout, '/sys/fs/cgroup\n/sys/fs/cgroup/below\n', stderr)
  }
})

test('message queues of the machine are not there', async (t) => {
  if (!existsSync(QUEUES)) {
    mkdirSync(QUEUES)
    t.after(() => rmdirSync(QUEUES))
  }
  const before = `mount -t mqueue mqueue ${QUEUES}; touch ${QUEUES}/near; chmod 666 ${QUEUES}/near`
  for (const who of WHO) {
    const { stdout, stderr } = await runAfter(who, project(), before, `cat ${QUEUES}/near 2>/dev/null; echo begun`)
    assert.equal(stdout, 'begun\n', stderr)
  }
})
