// Runs inside a namespace and does there what the test asks: one JSON line in, one out. Ends with its standard input.
import { createInterface } from 'node:readline'
import { operations } from './agent-operations.ts'

interface Call {
  readonly id: number
  readonly operation: keyof typeof operations
  readonly argument: never
}

for await (const line of createInterface({ input: process.stdin })) void perform(JSON.parse(line) as Call)
process.exit(0)

async function perform({ id, operation, argument }: Call): Promise<void> {
  try {
    reply({ id, value: await operations[operation](argument) })
  } catch (error) {
    reply({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
}

function reply(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}
