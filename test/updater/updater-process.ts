// An updater in a process of its own, to be killed: node updater-process.ts OPTIONS, where OPTIONS is JSON without the log.
import { createLog } from '../../src/log.ts'
import { startUpdater } from '../../src/updater/updater.ts'

const log = createLog({ level: 'silent', format: 'json', part: 'updater' })
await startUpdater({ ...JSON.parse(process.argv[2]!), log })
process.stdout.write('ready\n')
