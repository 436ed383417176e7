// What a check has found, for people, JUnit and SARIF alike.

export const RULES = {
  'zone-error': 'a zone file is broken and would not take effect',
  'zone-warning': 'a zone file says something that is probably not meant',
  'need-denied': 'a needed destination would be denied',
  'need-expires': 'a needed destination is allowed for a short time only',
  'need-unreachable': 'a needed destination does not answer through the running gateway',
} as const

export type RuleId = keyof typeof RULES

export interface Finding {
  readonly rule: RuleId
  readonly severity: 'error' | 'warning'
  readonly message: string
  readonly file: string
  /** From 1; 0: the file as a whole. */
  readonly line: number
}

/** One thing that was looked at, whether or not something was found. */
export interface Check {
  readonly group: 'zones' | 'needs'
  readonly name: string
  readonly findings: readonly Finding[]
}

/** `needs.yaml:3: …` */
export function formatFinding({ file, line, message, severity }: Finding): string {
  return `${file}:${line > 0 ? `${line}:` : ''} ${severity === 'warning' ? 'warning: ' : ''}${message}`
}
