// The program of resolver and updater inside a gateway: started by file name, with the settings in a file, and without whatever else
// commands need.

import { readFileSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { SILENT } from '../daemon/journal.ts'
import type { Told } from '../daemon/message.ts'
import type { Journal } from '../journal/writer.ts'
import { createLog } from '../log.ts'

const [, , part, file] = process.argv
const config = JSON.parse(readFileSync(file!, 'utf8')) as Config
const log = createLog({ ...config.log, part: part! })

/** The decision log is told to whoever has started this, and written nowhere. */
const told: Journal = { ...SILENT, write: (record) => void process.send?.({ record } satisfies Told) }

if (part === 'resolver') {
  const { runResolver } = await import('../daemon/resolver-process.ts')
  await runResolver(config, log, told)
} else {
  const { runUpdater } = await import('../daemon/updater-process.ts')
  await runUpdater(config, log, told)
}
// The channel to whoever has started this would keep the process.
if (process.connected) process.disconnect()
