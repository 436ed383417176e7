// Who may reach what, as a Mermaid flowchart, which Git hosts and editors draw.

import type { Evidence, PolicyFile } from './evidence.ts'

const GUARD_TEXT = {
  none: 'no guard: names are filtered, packets are not',
  forward: 'guards what sandboxes send through and to the gateway',
  output: 'guards what this network namespace sends',
} as const

/** Files for the same clients are one box: a picture of thousands of names is none. */
export function drawDiagram({ setup, policy }: Pick<Evidence, 'setup' | 'policy'>): readonly string[] {
  const groups = [...Map.groupBy(policy.files, ({ clients }) => clients?.join(', ') ?? 'every client')]
  return [
    'flowchart LR',
    `  resolver["resolver<br/>answers allowed names only"]`,
    `  updater["updater<br/>table ${quote(setup.table)}: ${GUARD_TEXT[setup.guard]}"]`,
    `  upstream["upstream DNS<br/>${setup.upstreams.map(quote).join('<br/>')}"]`,
    '  resolver -- "allowed names" --> upstream',
    '  resolver -- "addresses, before the answer" --> updater',
    ...groups.flatMap(([clients, files], index) => [
      `  client${index}["${quote(clients)}"]`,
      `  client${index} -- DNS --> resolver`,
      `  client${index} -- packets --> updater`,
      `  updater -- "${countAllows(files)} entries" --> allowed${index}["${files.map(({ file }) => quote(baseName(file))).join('<br/>')}"]`,
    ]),
    '  updater -- "anything else" --> refused["rejected, and recorded"]',
  ]
}

function countAllows(files: readonly PolicyFile[]): number {
  return files.reduce((sum, { entries }) => sum + entries.filter(({ kind }) => kind === 'allow').length, 0)
}

function baseName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1)
}

/** In a label Mermaid takes HTML entities and no quotation marks. */
function quote(text: string): string {
  return text.replace(/[^\w .,:/@*+-]/gu, (character) => `#${character.codePointAt(0)};`)
}
