// bin/sallyport finds a Node.js and runs the program with it. Here they are programs that tell how they were run.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { briefProgramOf, programOf } from '../src/daemon/command.ts'
import { PACKAGE_FOLDER } from '../src/place.ts'
import { locate, makePath } from './package/project.ts'
import { createFolder } from './support/world.ts'

const LAUNCHER = fileURLToPath(new URL('../bin/sallyport', import.meta.url))

let prefix: string
let root: string
let record: string
afterEach(() => rmSync(prefix, { recursive: true }))
beforeEach(() => {
  prefix = createFolder()
  root = join(prefix, 'lib/node_modules/sallyport')
  record = join(prefix, 'record')
  cpSync(LAUNCHER, join(root, 'bin/sallyport'), { recursive: true })
})

function putNode(path: string, version: string): void {
  const file = join(prefix, path)
  mkdirSync(dirname(file), { recursive: true })
  const words = `echo "${path} $* $(grep NoNewPrivs: /proc/self/status)" >>${record}\n[ "$1" != --version ] || echo ${version}\n`
  writeFileSync(file, `#!/bin/sh\n${words}`)
  chmodSync(file, 0o755)
}

function putHeaders(major: number): void {
  const folder = join(prefix, 'include/node')
  mkdirSync(folder, { recursive: true })
  const lines = [
    '// Copyright Joyent, Inc.',
    '#ifndef SRC_NODE_VERSION_H_',
    `#define NODE_MAJOR_VERSION ${major}`,
    '#define NODE_MINOR_VERSION 1',
  ]
  writeFileSync(join(folder, 'node_version.h'), `${lines.join('\n')}\n`)
}

/** Which Node.js was run with what, in turn. */
function launch(words: readonly string[], path?: string): string[] {
  return launchWithFlags(words, path).map((line) => line.replace(/ --\S.* \S+main\.js /, ' … '))
}

function launchWithFlags(words: readonly string[], path = `${dirname(locate('grep'))}:/usr/bin:/bin`): string[] {
  const { status, stderr } = spawnSync(join(root, 'bin/sallyport'), words, { env: { PATH: path }, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  return readFileSync(record, 'utf8').trimEnd().split('\n')
}

test('the Node.js beside a global installation is asked for its version, unless its headers say that it is new enough', () => {
  putNode('bin/node', 'v24.1.0')
  assert.deepEqual(launch(['check']), ['bin/node --version NoNewPrivs:\t0', 'bin/node … check NoNewPrivs:\t0'])
  rmSync(record)
  putHeaders(24)
  assert.deepEqual(launch(['check']), ['bin/node … check NoNewPrivs:\t0'])
})

test('one that is too old is passed over, headers of another version beside it or not', () => {
  putNode('bin/node', 'v22.1.0')
  putNode('lib/node_modules/.bin/node', 'v24.1.0')
  assert.deepEqual(launch(['check']).at(-1), 'lib/node_modules/.bin/node … check NoNewPrivs:\t0')
})

test('one whose headers are older than itself is run all the same', () => {
  putNode('bin/node', 'v24.1.0')
  putHeaders(20)
  assert.deepEqual(launch(['check']).at(-1), 'bin/node … check NoNewPrivs:\t0')
})

test('the one that a clone pins goes first', () => {
  putNode('bin/node', 'v24.1.0')
  putNode('lib/node_modules/sallyport/node_modules/.bin/node', 'v24.1.0')
  assert.deepEqual(launch(['check']).at(-1), 'lib/node_modules/sallyport/node_modules/.bin/node … check NoNewPrivs:\t0')
})

test('one that a clone pins and that does not run here is passed over: cut off, older, for another processor or C library', () => {
  const pinned = 'lib/node_modules/sallyport/node_modules/.bin/node'
  putNode('bin/node', 'v24.1.0')
  putNode(pinned, 'v22.1.0')
  const foreign = Uint8Array.from(readFileSync(process.execPath).subarray(0, 4096))
  foreign[18] = 0xf3 // e_machine, elf(5): RISC-V
  for (const content of [undefined, '', foreign, '#!/lib/ld-of-another-c-library\n']) {
    if (content !== undefined) writeFileSync(join(prefix, pinned), content)
    for (const command of ['check', 'up']) assert.match(launch([command]).at(-1)!, /^bin\/node … /)
    rmSync(record)
  }
})

test('up runs where nothing gains privileges, if setpriv is there', () => {
  putNode('bin/node', 'v24.1.0')
  assert.equal(launch(['up']).at(-1), 'bin/node … up NoNewPrivs:\t1')
  const without = makePath(join(prefix, 'programs'), ['readlink', 'grep'])
  assert.equal(launch(['up'], without).at(-1), 'bin/node … up NoNewPrivs:\t0')
})

test('resolver and updater run with the flags that the parts of up have, so that what answers does so alike; who answers many has one more', () => {
  putNode('bin/node', 'v24.1.0')
  putHeaders(24)
  const flagsOf = ([, ...words]: readonly string[]) => words.slice(0, -2).sort()
  for (const part of ['resolver', 'updater'] as const) {
    const words = launchWithFlags([part])
      .at(-1)!
      .replace(/ NoNewPrivs.*/, '')
      .split(' ')
    assert.deepEqual(
      flagsOf(words),
      flagsOf(programOf(part)).map((flag) => flag.replace(PACKAGE_FOLDER, root)),
    )
  }
  assert.deepEqual(flagsOf(briefProgramOf('resolver')), flagsOf(programOf('updater')))
})
