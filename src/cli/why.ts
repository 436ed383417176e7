// `sallyport why`: the verdict about a destination, and the entry that made it.

import type { Command } from 'commander'
import type { Config } from '../config/config.ts'
import { askControl } from '../daemon/control.ts'
import { statePaths } from '../daemon/path.ts'
import type { Address } from '../net/address.ts'
import { coversRange, formatPortRange, type PortRange } from '../net/port.ts'
import { isSingleAddress } from '../net/prefix.ts'
import type { Client } from '../policy/client.ts'
import { decideAddress, decideName } from '../policy/decide.ts'
import type { Rule } from '../policy/rule.ts'
import { DENIAL_WORDS } from '../policy/verdict.ts'
import { type Destination, formatSubject, parseDestination } from '../zones/edit.ts'
import { EXIT, type GlobalOptions, loadConfig, print, printJson } from './context.ts'
import { CommandError, currentPolicy, sourceOf } from './policy.ts'

interface WhyOptions extends GlobalOptions {
  readonly client?: string
  readonly json?: boolean
}

/** What is said about a destination, in words and for machines. */
export interface Answer {
  readonly destination: string
  readonly client: string
  readonly verdict: 'allow' | 'deny'
  readonly reason: string
  readonly ports: readonly string[]
  readonly entries: readonly { readonly file: string; readonly line: number; readonly text: string }[]
}

export function addWhy(program: Command): void {
  program
    .command('why <destination>')
    .description('says whether NAME[:PORT] or ADDRESS[:PORT] is allowed, and which entry decides')
    .option('--client <who>', 'a client by name or address; without it, what holds for everybody')
    .option('--json', 'prints the answer for machines')
    .addHelpText('after', '\nExamples:\n  sallyport why registry.npmjs.org:443\n  sallyport why 192.0.2.7 --client reviewer-7\n')
    .action(async (text: string, _options: object, command: Command) => {
      const options = command.optsWithGlobals<WhyOptions>()
      const answer = await explain(loadConfig(options), parseDestination(text), options.client)
      if (options.json) printJson(answer)
      else for (const line of describe(answer)) print(line)
      process.exitCode = answer.verdict === 'allow' ? EXIT.yes : EXIT.no
    })
}

export async function explain(config: Config, destination: Destination, who: string | undefined): Promise<Answer> {
  const client = (await currentPolicy(config)).clientAt(sourceOf(config, who))
  if (destination.kind === 'name') return judge(destination, client, nameVerdict(destination, client))
  if (!isSingleAddress(destination.prefix)) throw new CommandError(`${formatSubject(destination)} is a prefix: ask for one address of it`)
  const answer = judge(destination, client, decideAddress(client.view, destination.prefix.address, Date.now()))
  const openers = await namesAt(config, destination.prefix.address)
  return answer.verdict === 'allow' || openers.length === 0
    ? answer
    : { ...answer, verdict: 'allow', reason: `opened by ${openers.join(', ')}` }
}

type Judged =
  | { readonly kind: 'allow'; readonly rules: readonly Rule[]; readonly ports: readonly PortRange[] }
  | { readonly kind: 'deny'; readonly reason: string; readonly rule: Rule | undefined }

function nameVerdict({ pattern }: Destination & { kind: 'name' }, { view }: Client): Judged {
  if (pattern.wildcard) throw new CommandError('ask for one name: a wildcard stands for many')
  return decideName(view, pattern.name, Date.now())
}

function judge(destination: Destination, client: Client, verdict: Judged): Answer {
  const rules = verdict.kind === 'allow' ? verdict.rules : [verdict.rule].filter((rule) => rule !== undefined)
  const ports = verdict.kind === 'allow' ? verdict.ports : []
  const isPortClosed = verdict.kind === 'allow' && destination.port !== undefined && !coversRange(ports, destination.port)
  return {
    destination: formatSubject(destination),
    client: client.id,
    verdict: verdict.kind === 'allow' && !isPortClosed ? 'allow' : 'deny',
    reason:
      verdict.kind === 'deny'
        ? verdict.reason
        : isPortClosed
          ? `port ${formatPortRange(destination.port!)} is not among its ports`
          : 'entry',
    ports: ports.map(formatPortRange),
    entries: rules.map(({ place, text }) => ({ ...place, text })),
  }
}

/** Lines for people. */
export function describe({ destination, verdict, reason, ports, entries }: Answer): readonly string[] {
  const words = DENIAL_WORDS[reason] ?? reason
  const first = verdict === 'allow' ? `${destination} is allowed: ${ports.join(' ') || words}` : `${destination} is denied: ${words}`
  const mend = verdict === 'deny' && entries.length === 0 ? [`  to allow it: sallyport allow ${destination}`] : []
  return [first, ...entries.map(({ file, line, text }) => `  ${file}:${line}: ${text}`), ...mend]
}

async function namesAt(config: Config, address: Address): Promise<readonly string[]> {
  const path = statePaths(config.state).updaterControl
  const openers = (await askControl(path, `/why?address=${encodeURIComponent(address)}`)) as
    | readonly { name: string; ports: readonly string[] }[]
    | undefined
  return (openers ?? []).map(({ name, ports }) => `${name} (${ports.join(' ')})`)
}
