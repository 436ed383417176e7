// What deployments need to reach, as people list it: one destination a line, or YAML with integration, destination and owner.

import { ConfigError } from './config.ts'
import { formatPath, parseSettings } from './document.ts'
import { problemsOf } from './problem.ts'
import { z } from './zod.ts'

/** A destination that something depends on. */
export interface Need {
  /** `NAME[:PORT]` or `ADDRESS[:PORT]`, as written. */
  readonly destination: string
  /** What needs it: "payments". */
  readonly integration: string | undefined
  /** Whom to ask: "team-billing". */
  readonly owner: string | undefined
  /** For whom it must be open: a name from `clients:`, or an address. */
  readonly client: string | undefined
  readonly line: number
}

const text = z.string({ error: 'expected text' }).min(1, { error: 'expected text' })
const need = z.union(
  [
    text.transform((destination) => ({ destination, integration: undefined, owner: undefined, client: undefined })),
    z.strictObject({ destination: text, integration: text.optional(), owner: text.optional(), client: text.optional() }),
  ],
  { error: 'expected a destination, or {integration, destination, owner, client}' },
)
const needs = z.array(need, { error: 'expected a list of destinations' })

/** A file whose name ends in .yaml or .yml holds YAML; any other one destination a line, `#` starts a comment. Throws ConfigError with all problems at once. */
export function parseNeeds(content: string, file: string): readonly Need[] {
  return /\.ya?ml$/.test(file) ? parseYaml(content, file) : parseList(content)
}

function parseList(content: string): readonly Need[] {
  return content.split('\n').flatMap((line, index) => {
    const [destination, comment] = line.split('#', 2).map((part) => part.trim())
    return destination ? [{ destination, integration: comment || undefined, owner: undefined, client: undefined, line: index + 1 }] : []
  })
}

function parseYaml(content: string, file: string): readonly Need[] {
  const document = parseSettings(content)
  if (document.problems.length > 0) throw new ConfigError(document.problems.map((problem) => `${file}:${problem}`))
  const parsed = needs.safeParse(document.values)
  if (parsed.success) {
    return parsed.data.map((each, index) => ({
      destination: each.destination,
      integration: each.integration,
      owner: each.owner,
      client: each.client,
      line: document.lineOf([index], 'value'),
    }))
  }
  const problems = problemsOf(parsed.error.issues, document.values)
  throw new ConfigError(
    problems.map(
      ({ path, what, message }) => `${file}:${document.lineOf(path, what)}: ${path.length > 0 ? `${formatPath(path)}: ` : ''}${message}`,
    ),
  )
}
