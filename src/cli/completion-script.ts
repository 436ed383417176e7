// Completion scripts, one function a shell.

/** A command and the words that may follow it. */
export interface Completable {
  /** Undefined: of the program itself. */
  readonly command: string | undefined
  readonly words: readonly Word[]
}

interface Word {
  readonly text: string
  readonly description: string
  /** Of a flag that takes a value: those that there are; none: any, as the name of a file. */
  readonly values?: readonly string[]
}

export type Shell = 'bash' | 'zsh' | 'fish'

export const SCRIPTS: Readonly<Record<Shell, (completables: readonly Completable[]) => string>> = { bash, zsh, fish }

/** Where no word fits, file names are offered. */
function bash(completables: readonly Completable[]): string {
  return `_sallyport() {
  local words
  case "\${COMP_WORDS[1]}:$COMP_CWORD:\${COMP_WORDS[COMP_CWORD - 1]}" in
${completables.flatMap((each) => valueCases(each).map(([pattern, values]) => `    ${pattern}) words='${values}' ;;`)).join('\n')}
${completables.map((each) => `    ${caseOf(each, '*:1:*')}) words='${textsOf(each)}' ;;`).join('\n')}
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
  case "\${words[2]}:$CURRENT:\${words[CURRENT - 1]}" in
${completables
  .flatMap((each) => valueCases(each))
  .map(([pattern, values]) => `    ${pattern}) ${values === '' ? '_files' : `compadd -- ${values}`}; return ;;`)
  .join('\n')}
${completables.map((each) => `    ${caseOf(each, '*:2:*')}) candidates=(${textsOf(each)}) ;;`).join('\n')}
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
      return words.map((word) => `complete -c sallyport -n '${when}' ${fishWord(word)} -d ${quote(word.description)}\n`)
    })
    .join('')
}

function fishWord({ text, values }: Word): string {
  if (!text.startsWith('--')) return `-a ${text}`
  const flag = `-l ${text.slice(2)}`
  if (values === undefined) return flag
  return values.length === 0 ? `${flag} -r` : `${flag} -x -a '${values.join(' ')}'`
}

/** Which "command:position:flag before it" values belong to. They come before the words, some of which stand everywhere. */
function valueCases({ command, words }: Completable): readonly (readonly [pattern: string, values: string])[] {
  return words.flatMap(({ text, values }) => (values === undefined ? [] : [[`${command ?? '*'}:*:${text}`, values.join(' ')] as const]))
}

/** Which "command:position:word before" the words belong to. The first position comes first, whatever stands there. */
function caseOf({ command }: Completable, first: string): string {
  return command === undefined ? first : `${command}:*`
}

function textsOf({ words }: Completable): string {
  return words.map(({ text }) => text).join(' ')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "\\'")}'`
}
