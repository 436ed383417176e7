// The settings as a table for README, made from the schema that checks them.

import { formatPath, type Path } from './document.ts'
import { jsonSchema } from './schema.ts'

interface SchemaNode {
  readonly description?: string
  readonly default?: unknown
  readonly type?: string | readonly string[]
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly properties?: Readonly<Record<string, SchemaNode>>
}

export const TABLE_BEGIN = '<!-- settings: written by src/config/publish.ts -->'
export const TABLE_END = '<!-- end of settings -->'

/** Markdown, between the two marks. */
export function settingsTable(): string {
  const head = ['| setting | default | |', '| --- | --- | --- |']
  return `${[TABLE_BEGIN, ...head, ...rowsOf(jsonSchema(), []), TABLE_END].join('\n')}`
}

/** The text with the table in place of the former one. Throws if the marks are not there. */
export function replaceTable(text: string): string {
  const [begin, end] = [text.indexOf(TABLE_BEGIN), text.indexOf(TABLE_END)]
  if (begin < 0 || end < begin) throw new Error(`no "${TABLE_BEGIN}" before "${TABLE_END}"`)
  return text.slice(0, begin) + settingsTable() + text.slice(end + TABLE_END.length)
}

function rowsOf(node: SchemaNode, path: Path): readonly string[] {
  if (node.properties === undefined) return [rowOf(node, path)]
  return Object.entries(node.properties).flatMap(([key, below]) => rowsOf(below, [...path, key]))
}

function rowOf(node: SchemaNode, path: Path): string {
  const cells = [`\`${formatPath(path)}\``, node.default === undefined ? '' : `\`${JSON.stringify(node.default)}\``, meaningOf(node)]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function meaningOf({ description = '', enum: values, type, minimum, maximum }: SchemaNode): string {
  if (values !== undefined) return `${values.map((value) => `\`${value}\``).join(', ')}. ${description}`
  return type === 'integer' ? `${minimum} to ${maximum}. ${description}` : description
}
