// `sallyport completion`: a script for the shell, made from the commands and flags that there are.

import { Argument, type Command } from 'commander'
import { type Completable, SCRIPTS, type Shell } from './completion-script.ts'
import { EXIT, print } from './context.ts'

const EXAMPLES = `
Examples:
  source <(sallyport completion bash)                                     in ~/.bashrc
  source <(sallyport completion zsh)                                      in ~/.zshrc, after compinit
  sallyport completion fish > ~/.config/fish/completions/sallyport.fish`

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('prints the completion script for bash, zsh or fish')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(SCRIPTS)))
    .addHelpText('after', EXAMPLES)
    .action((shell: Shell) => {
      print(SCRIPTS[shell]([program, ...program.commands].map((command) => completableOf(command, program))).trimEnd())
      process.exitCode = EXIT.yes
    })
}

function completableOf(command: Command, program: Command): Completable {
  const below = command.commands.map((each) => ({ text: each.name(), description: each.description() }))
  const choices = command.registeredArguments.flatMap(({ argChoices = [], description }) =>
    argChoices.map((text) => ({ text, description })),
  )
  // Those of `log verify` are offered after `log`.
  const nested = command === program ? [] : command.commands.flatMap(({ options }) => options)
  const flags = [...new Set([...command.options, ...nested, ...program.options])].map(
    ({ long, description, required, optional, argChoices = [] }) => ({
      text: long!,
      description,
      ...(required || optional ? { values: argChoices } : {}),
    }),
  )
  return {
    command: command === program ? undefined : command.name(),
    words: [...below, ...choices, ...flags, { text: '--help', description: 'display help for command' }],
  }
}
