// The program of resolver and updater inside a gateway: started by file name, with the settings in a file, and without whatever else
// commands need.

import { readFileSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { createLog } from '../log.ts'

const [, , part, file] = process.argv
const config = JSON.parse(readFileSync(file!, 'utf8')) as Config
const log = createLog({ ...config.log, part: part! })

if (part === 'resolver') {
  const { runResolver } = await import('../daemon/resolver-process.ts')
  await runResolver(config, log)
} else {
  const { runUpdater } = await import('../daemon/updater-process.ts')
  await runUpdater(config, log)
}
