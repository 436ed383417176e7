// The program of resolver and updater as children of `up` and `run`.

import { keepCompiled } from './compile-cache.ts'

keepCompiled()
// Imported only now: what is imported before is compiled anew each time.
const { runPart } = await import('./daemon/part.ts')
const exitCode = await runPart(process.argv[2]!)
// What has begun in vain may have left something open.
if (exitCode !== 0) process.exit(exitCode)
