import { formatPath, type Path } from './document.ts'
import { jsonSchema } from './schema.ts'

const MOST_EDITS = 2

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>
}

/** What was probably meant by an unknown key, as the end of a message: `; did you mean "upstreams"?`, or nothing. */
export function suggestKey(path: Path): string {
  const key = String(path.at(-1))
  const section = path.slice(0, -1)
  const beside = Object.keys(sectionAt(section)?.properties ?? {})
  const near = beside.find((known) => editDistance(known.toLowerCase(), key.toLowerCase()) <= MOST_EDITS)
  if (near !== undefined) return `; did you mean ${JSON.stringify(near)}?`
  const elsewhere = allPaths(jsonSchema(), []).find((known) => known.at(-1) === key)
  return elsewhere ? `; it belongs to ${formatPath(elsewhere.slice(0, -1)) || 'the top level'}` : `; known here: ${beside.join(', ')}`
}

function sectionAt(path: Path): SchemaNode | undefined {
  return path.reduce((node: SchemaNode | undefined, step) => node?.properties?.[step], jsonSchema())
}

function allPaths(node: SchemaNode, path: Path): Path[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, below]) => [[...path, key], ...allPaths(below, [...path, key])])
}

/** Insertions, deletions and substitutions of one letter (Levenshtein), a row of the table at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1]
    for (let column = 1; column <= to.length; column++) {
      const substituted = row[column - 1]! + (to[column - 1] === letter ? 0 : 1)
      next.push(Math.min(substituted, row[column]! + 1, next[column - 1]! + 1))
    }
    row = next
  }
  return row[to.length]!
}
