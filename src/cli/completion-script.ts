// Completion scripts, one function a shell.

/** A command and the words that may follow it. */
export interface Completable {
  /** Undefined: of the program itself. */
  readonly command: string | undefined
  readonly words: readonly { readonly text: string; readonly description: string }[]
}

export type Shell = 'bash' | 'zsh' | 'fish'

export const SCRIPTS: Readonly<Record<Shell, (completables: readonly Completable[]) => string>> = { bash, zsh, fish }

/** Where no word fits, file names are offered. */
function bash(completables: readonly Completable[]): string {
  return `_sallyport() {
  local words
  case "\${COMP_WORDS[1]}:$COMP_CWORD" in
${completables.map((each) => `    ${caseOf(each, '*:1')}) words='${textsOf(each)}' ;;`).join('\n')}
    *) return ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}")
}
complete -o default -F _sallyport sallyport
`
}

function zsh(completables: readonly Completable[]): string {
  return `#compdef sallyport
_sallyport() {
  local -a candidates
  case "\${words[2]}:$CURRENT" in
${completables.map((each) => `    ${caseOf(each, '*:2')}) candidates=(${textsOf(each)}) ;;`).join('\n')}
  esac
  compadd -- $candidates
  [[ \${words[CURRENT]} == -* ]] || _files
}
compdef _sallyport sallyport
`
}

function fish(completables: readonly Completable[]): string {
  return completables
    .flatMap(({ command, words }) => {
      const when = command === undefined ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${command}`
      return words.map(({ text, description }) => `complete -c sallyport -n '${when}' ${fishWord(text)} -d ${quote(description)}\n`)
    })
    .join('')
}

function fishWord(text: string): string {
  return text.startsWith('--') ? `-l ${text.slice(2)}` : `-a ${text}`
}

/** Which "command:position" the words belong to. The first position comes first, whatever stands there. */
function caseOf({ command }: Completable, first: string): string {
  return command === undefined ? first : `${command}:*`
}

function textsOf({ words }: Completable): string {
  return words.map(({ text }) => text).join(' ')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "\\'")}'`
}
