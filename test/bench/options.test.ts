import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readOptions, UsageError } from './options.ts'

const PROGRAM = fileURLToPath(new URL('run.ts', import.meta.url))
const CHOICE = { peers: ['dnsmasq', 'unbound'], questions: ['cached', 'denied', 'new'] }

test('help names every option, question and peer, and measures nothing', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, '--help'], { encoding: 'utf8' })
  assert.deepEqual([status, stderr], [0, ''])
  for (const word of ['--ask', '--only', '--rounds', '--bare', '--quick', '--json', 'cached', 'recovery', 'smartdns'])
    assert.ok(stdout.includes(word), stdout)
})

test('a wrong command line is told in one line', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, '--round', '5'], { encoding: 'utf8' })
  assert.deepEqual([status, stdout], [2, ''])
  assert.match(stderr, /^bench: Unknown option '--round'.*--help" lists what there is\n$/)
})

test('everything is asked of everybody unless told, and in the order of the table', () => {
  const { peers, questions, rounds } = readOptions([], CHOICE)
  assert.deepEqual([peers, questions, rounds], [CHOICE.peers, CHOICE.questions, 3])
  assert.deepEqual(readOptions(['--ask', 'new,cached', '--only', ''], CHOICE).questions, ['cached', 'new'])
  assert.deepEqual(readOptions(['--only', ''], CHOICE).peers, [])
  assert.equal(readOptions(['--quick'], CHOICE).rounds, 1)
})

test('what is not there, and rounds that are no number, are errors', () => {
  const wrong = [['--ask', 'fast'], ['--only', 'bind'], ['--rounds', 'x'], ['--rounds', '0'], ['--rounds'], ['cached'], ['--bare=yes']]
  for (const words of wrong) assert.throws(() => readOptions(words, CHOICE), UsageError, words.join(' '))
})
