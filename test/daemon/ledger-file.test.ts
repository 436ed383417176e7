import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openLedgerFile } from '../../src/daemon/ledger-file.ts'
import { parseName } from '../../src/dns/name.ts'
import type { Logger } from '../../src/log.ts'

const APEX = parseName('example.net')
const OBSTACLES: Readonly<Record<string, (file: string) => void>> = {
  'a pipe that nobody writes to': (file) => execFileSync('mkfifo', [file]),
  'a link': (file) => symlinkSync('/etc/passwd', file),
  'a text that is no ledger': (file) => writeFileSync(file, 'root:x:0:0'),
  'a file without end': (file) => {
    writeFileSync(file, '')
    truncateSync(file, 2 ** 40)
  },
}

test('what is spent is there after a restart', async (t) => {
  const file = fileOf(t)
  const first = openLedgerFile(file, process.getuid!(), logOf([]))
  first.ledger.enter(first.ledger.accountOf('a', APEX, 0), 17, 40)
  await first.close()
  assert.equal(openLedgerFile(file, process.getuid!(), logOf([])).ledger.find('a', APEX, 1)?.octets, 40)
})

for (const [what, put] of Object.entries(OBSTACLES))
  test(`${what} in the place of the ledger holds up no start, and counting begins anew`, async (t) => {
    const file = fileOf(t)
    put(file)
    put(`${file}.next`)
    const warnings: string[] = []
    const { ledger, close } = openLedgerFile(file, process.getuid!(), logOf(warnings))
    assert.deepEqual([ledger.nameCount, warnings], [0, ['cannot read what was spent of budgets; counting begins anew']])
    ledger.enter(ledger.accountOf('a', APEX, 0), 17, 40)
    await close()
    assert.equal(openLedgerFile(file, process.getuid!(), logOf(warnings)).ledger.nameCount, 1)
  })

function fileOf(t: { after(clean: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-ledger-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return join(folder, 'ledger.json')
}

function logOf(warnings: string[]): Logger {
  return { warn: (_fields: object, text: string) => warnings.push(text) } as unknown as Logger
}
