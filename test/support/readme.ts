// README as what it promises: snippets that are valid, commands that run.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url))
export const README = readFileSync(join(PROJECT, 'README.md'), 'utf8')

export interface Snippet {
  /** "zone", "yaml", "sh"; empty for what is neither code nor command. */
  readonly language: string
  /** The heading it stands under. */
  readonly section: string
  readonly text: string
}

export function snippetsOf(markdown: string): readonly Snippet[] {
  const fences = [...markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)]
  return fences.map(({ 1: language, 2: text, index }) => ({ language: language!, section: headingBefore(markdown, index), text: text! }))
}

function headingBefore(markdown: string, index: number): string {
  const headings = [...markdown.slice(0, index).matchAll(/^##+ (.*)$/gm)]
  return headings.at(-1)?.[1] ?? ''
}

/** "# sallyport.yaml: …": the file that a snippet stands for. */
export function fileOf({ text }: Snippet): string | undefined {
  return /^# ([\w./-]+\.\w+)/.exec(text)?.[1]
}

/** A command line; a comment "exit 1" says how it ends, if not with 0. */
export interface CommandLine {
  readonly words: string
  readonly exitCode: number
}

export function commandLines({ text }: Snippet): readonly CommandLine[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => ({ words: line.replace(/\s+# .*$/, ''), exitCode: Number(/# exit (\d+)/.exec(line)?.[1] ?? 0) }))
}

/** Runs the lines in one shell, and ends with the first that does not end as it should. */
export function scriptOf(lines: readonly CommandLine[]): string {
  return lines
    .map(({ words, exitCode }) => {
      const wrong = `echo "README: exit code $code in place of ${exitCode}: "${quote(words)} >&2; exit 99`
      return `${words}\ncode=$?; [ "$code" = ${exitCode} ] || { ${wrong}; }`
    })
    .join('\n')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
