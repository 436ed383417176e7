// Shell text that more than one script needs.

/**
 * Keys of the terminal go to every process of its foreground: a shell that has said this outlives them, and what it starts gets
 * them as if it had not.
 */
export const HOLD_KEYS = 'trap : INT QUIT TERM'

/** The words that run a command that ends with whoever has started it, however that ends: prctl(2), PR_SET_PDEATHSIG. */
export const ENDS_WITH_PARENT = ['setpriv', '--pdeathsig', 'KILL', '--'] as const

/** Shell text that runs "$@" as the first process of the PID namespace that was made for the children of the shell, and as long as that lives. */
export const FIRST_PROCESS = `${HOLD_KEYS}; ${ENDS_WITH_PARENT.join(' ')} "$@"`

/** A word of the shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
