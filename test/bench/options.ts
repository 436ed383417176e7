// What can be asked of the benchmark on its command line.
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/** A wrong command line. The message says what is wrong with it, and where to read what there is. */
export class UsageError extends Error {
  override readonly name = 'UsageError'

  constructor(problem: string) {
    super(`bench: ${problem}; "npm run bench -- --help" lists what there is`)
  }
}

export interface Options {
  readonly help: boolean
  readonly quick: boolean
  readonly bare: boolean
  readonly rounds: number
  /** Names of peers and keys of questions, of those there are, in their order. */
  readonly peers: readonly string[]
  readonly questions: readonly string[]
  readonly json: string
}

/** What can be chosen from. */
export interface Choice {
  readonly peers: readonly string[]
  readonly questions: readonly string[]
}

const OPTIONS = {
  ask: { type: 'string', value: ' QUESTION,…', says: 'these questions alone' },
  only: { type: 'string', value: ' PEER,…', says: 'these peers alone beside sallyport; "" for none' },
  rounds: { type: 'string', value: ' N', says: 'how often everybody has a turn: 3, or 1 with --quick' },
  bare: { type: 'boolean', value: '', says: 'no firewall for anybody' },
  quick: { type: 'boolean', value: '', says: 'less of everything: shows that it works, its figures are worth little' },
  json: { type: 'string', value: ' FILE', says: 'where the figures of each round go' },
  help: { type: 'boolean', value: '', says: 'this text' },
} as const

/** Throws UsageError. */
export function readOptions(words: readonly string[], choice: Choice): Options {
  const { help = false, quick = false, bare = false, rounds = quick ? '1' : '3', ask, only, json } = parse(words)
  if (!/^[1-9]\d{0,3}$/.test(rounds)) throw new UsageError(`--rounds: expected a number from 1 on, got "${rounds}"`)
  return {
    help,
    quick,
    bare,
    rounds: Number(rounds),
    peers: chosen('--only', choice.peers, only),
    questions: chosen('--ask', choice.questions, ask),
    json: json ?? join(tmpdir(), 'sallyport-bench.json'),
  }
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: OPTIONS }).values
  } catch (error) {
    if (!(error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS_')) throw error
    throw new UsageError((error as Error).message)
  }
}

/** All, or those that a comma-separated list names. */
function chosen(option: string, all: readonly string[], list: string | undefined): readonly string[] {
  if (list === undefined) return all
  const named = list.split(',').filter(Boolean)
  const unknown = named.find((name) => !all.includes(name))
  if (unknown !== undefined) throw new UsageError(`${option}: expected some of ${all.join(', ')}, got "${unknown}"`)
  return all.filter((name) => named.includes(name))
}

export function formatHelp({ peers, questions }: Choice): string {
  const options = Object.entries(OPTIONS).map(([name, { value, says }]) => `  ${`--${name}${value}`.padEnd(20)}${says}\n`)
  return `npm run bench -- [OPTION]…
sallyport beside its peers, in one run, as root on Linux. test/bench/README.md says how to read what comes out.

${options.join('')}
questions: ${questions.join(', ')}
peers: ${peers.join(', ')}
`
}
