// From what zod found to lines that people can act on.

import type { z as Zod } from 'zod'
import { type Path, valueAt } from './document.ts'
import { suggestKey } from './suggest.ts'

/** One thing that is wrong with a setting. */
export interface SettingProblem {
  readonly path: Path
  /** Whether the key itself is wrong, or its value. */
  readonly what: 'key' | 'value'
  readonly message: string
}

/** @param values the settings as written, so that a problem can show what it got */
export function problemsOf(issues: readonly Zod.core.$ZodIssue[], values: unknown): SettingProblem[] {
  return issues.flatMap((issue) => problemsOfIssue(issue, issue.path as Path, values))
}

function problemsOfIssue(issue: Zod.core.$ZodIssue, path: Path, values: unknown): SettingProblem[] {
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], what: 'key', message: `unknown key${suggestKey([...path, key])}` }))
    case 'invalid_key':
      return [{ path, what: 'key', message: issue.issues[0]?.message ?? issue.message }]
    case 'invalid_union':
      return problemsOfUnion(issue, path, values)
    default:
      return [{ path, what: 'value', message: `${issue.message}, got ${show(valueAt(values, path))}` }]
  }
}

/** Of the alternatives, the one that the writer came nearest to speaks: the one whose trouble lies deepest. */
function problemsOfUnion(issue: Zod.core.$ZodIssueInvalidUnion, path: Path, values: unknown): SettingProblem[] {
  const depthOf = (alternative: readonly Zod.core.$ZodIssue[]) => Math.max(0, ...alternative.map((inner) => inner.path.length))
  const nearest = issue.errors.toSorted((one, other) => depthOf(other) - depthOf(one))[0] ?? []
  if (depthOf(nearest) === 0 && !nearest.some((inner) => inner.code === 'custom' || inner.code === 'unrecognized_keys')) {
    return [{ path, what: 'value', message: `${issue.message}, got ${show(valueAt(values, path))}` }]
  }
  return nearest.flatMap((inner) => problemsOfIssue(inner, [...path, ...(inner.path as Path)], values))
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value)
}
