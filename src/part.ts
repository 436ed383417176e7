// The program of resolver and updater as children of `up` and `run`.

import { runPart } from './daemon/part.ts'

const exitCode = await runPart(process.argv[2]!)
// What has begun in vain may have left something open.
if (exitCode !== 0) process.exit(exitCode)
