// The program: checks the runtime, runs one command, ends with its exit code.

const LEAST_NODE = 24
const ASKS_FOR_HELP: ReadonlySet<string> = new Set(['-h', '--help'])

const major = Number(process.versions.node.split('.')[0])
if (major < LEAST_NODE) {
  process.stderr.write(
    `sallyport: needs Node.js ${LEAST_NODE} or later, this is ${process.versions.node}; in a clone run "npm ci" and use bin/sallyport\n`,
  )
  process.exit(2)
}
// Imported only now: older runtimes cannot even read the rest.
const [, , command, ...words] = process.argv
const runsParts = command === 'up' && !words.some((word) => ASKS_FOR_HELP.has(word))
// Before anything else is loaded.
const headStart = runsParts ? await (await import('./daemon/head-start.ts')).giveHeadStart() : undefined
const { runProgram } = await import('./cli/program.ts')
// Whoever reads what is printed may have had enough, as `head` has. That is no reason to stop.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}
const exitCode = await runProgram(process.argv, headStart)
// What a pipe has not taken yet would be lost.
for (const stream of [process.stdout, process.stderr])
  if (stream.writableLength > 0) await new Promise((written) => stream.write('', written))
process.exit(exitCode)
