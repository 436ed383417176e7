/** Something that is wrong with a zone file or folder. */
export interface Problem {
  readonly file: string
  /** From 1; 0: the file or folder as a whole. */
  readonly line: number
  readonly message: string
  /** An error keeps the file, and with it the whole policy, from taking effect. */
  readonly severity: 'error' | 'warning'
}

/** `zones/app.zone:3: …`; a warning says that it is one. */
export function formatProblem({ file, line, message, severity }: Problem): string {
  return `${file}:${line > 0 ? `${line}:` : ''} ${severity === 'warning' ? 'warning: ' : ''}${message}`
}

/** A line that means nothing. The message does not name the place: whoever reads the file knows it. */
export class ZoneSyntaxError extends Error {
  override readonly name = 'ZoneSyntaxError'
}
