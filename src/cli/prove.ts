// `sallyport prove`: tries to escape, and says what got out.
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { enclose } from '../doctor/prove/enclosure.ts'
import { GUARDS, type GuardUnderTest } from '../doctor/prove/plan.ts'
import type { ProveOptions } from '../doctor/prove/prove.ts'
import { describeProof, isProven, summarise } from '../doctor/prove/report.ts'
import { describeArrivals, describeExpedition, describeListener } from '../doctor/prove/report-elsewhere.ts'
import { familyOf, parseAddress } from '../net/address.ts'
import { CommandError, EXIT, print, printJson } from './context.ts'

interface Options {
  readonly guard: GuardUnderTest
  readonly owner: ProveOptions['owner']
  readonly only?: readonly string[]
  readonly enclosed?: boolean
  readonly far?: readonly string[]
  readonly sandbox?: number
  readonly farSide?: boolean
  readonly token?: string
  readonly for?: number
  readonly json?: boolean
}

export function addProve(program: Command): void {
  program
    .command('prove')
    .description('tries to escape from a sandbox that it makes behind this sallyport, and says what got out')
    .addOption(
      new Option('--guard <guard>', 'the guard to attack; none shows what an unguarded gateway lets out')
        .choices(GUARDS)
        .default('forward'),
    )
    .addOption(new Option('--owner <owner>', 'whether the table is owned, where the kernel can').choices(['auto', 'off']).default('auto'))
    .option('--only <words...>', 'only attacks whose group or name has one of the words')
    .option(
      '--far <addresses...>',
      'attacks from where it is started, or from --sandbox, towards a far side of yours: an address of either family',
    )
    .option('--sandbox <pid>', 'with --far: in the network namespace of that process, with its user and capabilities', parseWholeNumber)
    .option('--far-side', 'is the far side: notes what arrives of the attacks made with its token, until interrupted')
    .option('--token <token>', 'what ties --far and --far-side together: eight hexadecimal digits', parseToken)
    .option('--for <seconds>', 'with --far-side: ends by itself', parseWholeNumber)
    .option('--json', 'prints the evidence for machines')
    .addOption(new Option('--enclosed', 'in namespaces that end with it').hideHelp())
    .addHelpText(
      'after',
      `
Needs root, but for --far. Nothing of it is left, however it ends. Exit code 1 if anything got out; with --far always 0, for the far side knows what arrived.

Examples:
  sallyport prove
  sallyport prove --guard output --json
  sallyport prove --far-side --token 0123abcd                     on a machine outside
  sallyport prove --far 203.0.113.9 --token 0123abcd            inside the sandbox
`,
    )
    .action(async (options: Options) => {
      if (options.far !== undefined) return await attackFrom(options, options.far)
      if (process.getuid!() !== 0) throw new CommandError(`prove ${NEEDS_ROOT}: run "sudo sallyport prove"`)
      if (options.farSide) return await listen(options)
      await proveHere(options)
    })
}

const NEEDS_ROOT = 'makes network namespaces, or with --far-side looks at every packet, which needs root'

async function proveHere({ guard, owner, only, json, enclosed }: Options): Promise<void> {
  if (!enclosed) {
    process.exitCode = await enclose([process.execPath, ...process.argv.slice(1), '--enclosed'])
    return
  }
  const { prove } = await import('../doctor/prove/prove.ts')
  const proof = await prove({ guard, owner, program: [process.execPath, process.argv[1]!], ...(only === undefined ? {} : { only }) })
  if (json) printJson({ summary: summarise(proof), ...proof })
  else for (const line of describeProof(proof)) print(line)
  process.exitCode = isProven(proof) ? EXIT.yes : EXIT.no
}

async function attackFrom({ token, sandbox, only, json }: Options, far: readonly string[]): Promise<void> {
  if (token === undefined) throw new CommandError('--far needs the --token that "sallyport prove --far-side" names on the far side')
  if (sandbox !== undefined && process.getuid!() !== 0) throw new CommandError('--sandbox enters another namespace, which needs root')
  if (sandbox !== undefined && !existsSync(`/proc/${sandbox}`)) throw new CommandError(`--sandbox: there is no process ${sandbox}`)
  const addresses = pairFrom(far)
  const { setOut } = await import('../doctor/prove/expedition.ts')
  const expedition = await setOut({ far: addresses, token, sandbox, only })
  if (json) printJson(expedition)
  else for (const line of describeExpedition(expedition)) print(line)
}

async function listen({ token = randomBytes(4).toString('hex'), for: seconds, json }: Options): Promise<void> {
  const { listenFor } = await import('../doctor/prove/listen.ts')
  const listener = await listenFor(token)
  process.stderr.write(`${describeListener(token, listener.taken)}\n`)
  await interruption(seconds)
  const arrivals = await listener.arrivals()
  listener.close()
  if (json) printJson({ token, taken: listener.taken, arrivals })
  else for (const line of describeArrivals(token, arrivals)) print(line)
  process.exitCode = arrivals.length === 0 ? EXIT.yes : EXIT.no
}

function interruption(seconds: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
    if (seconds !== undefined) setTimeout(resolve, seconds * 1_000)
  })
}

function pairFrom(texts: readonly string[]): { readonly 4?: string; readonly 6?: string } {
  const addresses = texts.map((text) => parseAddress(text) ?? refuse(text))
  const pair = Object.fromEntries(addresses.map((address) => [familyOf(address), address]))
  if (Object.keys(pair).length < addresses.length) throw new CommandError('--far takes one address of each family')
  return pair
}

function refuse(text: string): never {
  throw new CommandError(`--far: expected an address, got ${JSON.stringify(text)}`)
}

function parseToken(text: string): string {
  if (!/^[0-9a-f]{8}$/.test(text)) throw new InvalidArgumentError('expected eight hexadecimal digits.')
  return text
}

function parseWholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('expected a whole number.')
  return Number(text)
}
