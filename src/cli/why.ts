// `sallyport why`: the verdict about a destination, and the entry that made it.

import type { Command } from 'commander'
import type { Config } from '../config/config.ts'
import { askControl } from '../daemon/control.ts'
import { statePaths } from '../daemon/path.ts'
import { StartError } from '../daemon/start-error.ts'
import { isBelow, type Name } from '../dns/name.ts'
import type { Address } from '../net/address.ts'
import { isSingleAddress } from '../net/prefix.ts'
import type { Client } from '../policy/client.ts'
import { decideAddress, decideName } from '../policy/decide.ts'
import { isAnsweredHere, LOCALHOST } from '../policy/special-use.ts'
import type { BudgetUse } from '../resolver/budget.ts'
import { type Destination, formatSubject, parseDestination } from '../zones/edit.ts'
import { type Answer, answerHere, answerTo, describeAnswer, type Opener, type Refusal, withBudget, withOpeners } from './answer.ts'
import { CommandError, EXIT, type GlobalOptions, loadConfig, print, printJson } from './context.ts'
import { clientOf, currentPolicy, sourceOf } from './policy.ts'

interface WhyOptions extends GlobalOptions {
  readonly client?: string
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  sallyport why registry.npmjs.org:443
  sallyport why 192.0.2.7 --client reviewer-7
  sallyport why "[2001:db8::7]:22" --json`

export function addWhy(program: Command): void {
  program
    .command('why <destination>')
    .description('says whether NAME[:PORT] or ADDRESS[:PORT] is allowed, and which entry decides; for an address, the names that opened it')
    .option('--client <who>', 'a client by name or address; without it, what holds for everybody')
    .option('--json', 'prints the answer for machines')
    .addHelpText('after', EXAMPLES)
    .action(async (text: string, _options: object, command: Command) => {
      const options = command.optsWithGlobals<WhyOptions>()
      const answer = await explain(loadConfig(options), parseDestination(text), options.client)
      if (options.json) printJson(answer)
      else for (const line of describeAnswer(answer)) print(line)
      process.exitCode = answer.verdict === 'allow' ? EXIT.yes : EXIT.no
    })
}

/** Throws CommandError where one verdict is not to be had: of a wildcard, of a prefix, of broken zone files. */
export async function explain(config: Config, destination: Destination, who: string | undefined): Promise<Answer> {
  const policy = await currentPolicy(config)
  const client = clientOf(policy, who)
  const subject = { destination: formatSubject(destination), port: destination.port, client: client.id }
  if (destination.kind === 'name') {
    const { name, wildcard } = destination.pattern
    if (wildcard) throw new CommandError(`${subject.destination} stands for many names: ask for one of them`)
    if (isAnsweredHere(name)) return answerHere(subject, name === LOCALHOST || isBelow(name, LOCALHOST))
    const answer = answerTo(subject, decideName(client.view, name, Date.now()))
    return answer.verdict === 'deny' ? answer : withBudget(answer, await budgetOf(config, sourceOf(policy, who), name))
  }
  const { prefix } = destination
  if (!isSingleAddress(prefix)) throw new CommandError(`${subject.destination} is a prefix: ask for one address of it`)
  const answer = answerTo(subject, decideAddress(client.view, prefix.address, Date.now()))
  const openers = await openersOf(config, prefix.address, client)
  return { ...withOpeners(answer, subject, openers), refused: await refusalsOf(config, prefix.address, client) }
}

/** What the running updater says; nothing while none runs. */
async function refusalsOf(config: Config, address: Address, client: Client): Promise<readonly Refusal[]> {
  const path = `/refusals?address=${encodeURIComponent(address)}`
  const refusals = (await askControl(statePaths(config.state).updaterControl, path)) as readonly Refusal[] | undefined
  return (refusals ?? []).filter((refusal) => client.addresses.length === 0 || refusal.client === client.id)
}

/** What the running resolver says; null while none runs, or where we may not ask it. */
async function budgetOf(config: Config, source: Address | undefined, name: Name): Promise<BudgetUse | null> {
  if (source === undefined) return null
  const path = `/budget?${new URLSearchParams({ source, name })}`
  try {
    return ((await askControl(statePaths(config.state).resolverControl, path)) as BudgetUse | null | undefined) ?? null
  } catch (error) {
    if (error instanceof StartError) return null
    throw error
  }
}

/** What the running updater says; nothing while none runs. What one sandbox opened is open for no other. */
async function openersOf(config: Config, address: Address, client: Client): Promise<readonly Opener[]> {
  const path = `/why?address=${encodeURIComponent(address)}`
  const openers = (await askControl(statePaths(config.state).updaterControl, path)) as readonly Opener[] | undefined
  const isForItself = client.addresses.length > 0
  return (openers ?? [])
    .filter((opener) => !isForItself || opener.client === client.id)
    .map(({ client: who, name, ports, remainingSeconds }) => ({ client: who, name, ports, remainingSeconds }))
}
