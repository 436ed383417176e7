// Standard error, as systemd's journal reads it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const LOG = fileURLToPath(new URL('../src/log.ts', import.meta.url))
const ENVIRONMENT = fileURLToPath(new URL('../src/config/environment.ts', import.meta.url))

const run = (script: string, before = '') =>
  spawnSync('sh', ['-c', `${before} exec "$0" --input-type=module --eval "$1"`, process.execPath, script], { encoding: 'utf8' })

test('for the journal each line begins with its level, and is JSON behind it', () => {
  const { stderr } = run(`
    import { createLog } from ${JSON.stringify(LOG)}
    const log = createLog({ level: 'debug', format: 'journal', part: 'resolver' })
    log.debug('a'); log.info({ n: 1 }, 'b'); log.warn('c'); log.error('d')`)
  const lines = stderr.trim().split('\n')
  assert.deepEqual(
    lines.map((line) => line.slice(0, 3)),
    ['<7>', '<6>', '<4>', '<3>'],
  )
  const { part, n, msg } = JSON.parse(lines[1]!.slice(3)) as Record<string, unknown>
  assert.deepEqual([part, n, msg], ['resolver', 1, 'b'])
})

test('for people a record is one line that cannot steer their terminal', () => {
  const { stderr } = run(`
    import { createLog } from ${JSON.stringify(LOG)}
    createLog({ level: 'info', format: 'pretty', part: 'resolver' }).warn({ reason: '\\u001b[2J' }, 'a\\u009bb')`)
  assert.match(stderr, /resolver: warning: a\\u009bb reason=\\u001b\[2J\n$/)
})

test('the journal is known by the stream that its variable names, not by the variable alone', () => {
  const script = `import { readEnvironment } from ${JSON.stringify(ENVIRONMENT)}; process.stdout.write(readEnvironment().errorStream)`
  assert.equal(run(script, 'JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2); export JOURNAL_STREAM;').stdout, 'journal')
  assert.equal(run(script, 'JOURNAL_STREAM=1:2; export JOURNAL_STREAM;').stdout, 'json')
  assert.equal(run(script, 'unset JOURNAL_STREAM;').stdout, 'json')
})
