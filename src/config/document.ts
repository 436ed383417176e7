import { createRequire } from 'node:module'
import type { Node } from 'yaml'

/** The path of a setting: `['resolver', 'upstreams', 1]`. */
export type Path = readonly (string | number)[]

/** A settings file as plain values, with the line of each. */
export interface SettingsDocument {
  readonly values: unknown
  /** What is wrong with the YAML itself: `7: …`. */
  readonly problems: readonly string[]
  /** The line of the value, or of the key where `what` says so; of the nearest section around it where it is absent. */
  lineOf(path: Path, what: 'key' | 'value'): number
}

/** Where there is no settings file. */
export const NO_SETTINGS: SettingsDocument = { values: {}, problems: [], lineOf: () => 1 }

/** Loaded by whoever has a settings file: these 70 files take as long as all that is ours (bench/run). */
function loadYaml(): typeof import('yaml') {
  return createRequire(import.meta.url)('yaml')
}

export function parseSettings(text: string): SettingsDocument {
  const { isScalar, LineCounter, parseDocument, visit } = loadYaml()
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const lineAt = (offset: number) => lines.linePos(offset).line
  const problems = document.errors.map((error) => `${lineAt(error.pos[0])}: ${lowerFirst(error.message)}`)
  visit(document, {
    Pair: (_, { key }) => {
      // zod passes it over without a word.
      if (isScalar(key) && key.value === '__proto__') problems.push(`${lineAt(key.range![0])}: expected another name than __proto__`)
    },
  })
  return {
    values: problems.length > 0 ? undefined : (document.toJS({ maxAliasCount: 100 }) ?? {}),
    problems,
    lineOf: (path, what) => lines.linePos(offsetOf(document.contents, path, what)).line || 1,
  }
}

/** `resolver.upstreams[1]` */
export function formatPath(path: Path): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('')
}

export function valueAt(values: unknown, path: Path): unknown {
  return path.reduce((value: unknown, step) => (value as Record<string | number, unknown> | null | undefined)?.[step], values)
}

function offsetOf(root: unknown, path: Path, what: 'key' | 'value'): number {
  const { isNode } = loadYaml()
  let found = isNode(root) ? root : undefined
  for (const [index, step] of path.entries()) {
    const isLast = index === path.length - 1
    const next = isLast && what === 'key' ? keyNode(found, step) : valueNode(found, step)
    if (next === undefined) break
    found = next
  }
  return found?.range?.[0] ?? 0
}

function keyNode(parent: Node | undefined, key: string | number): Node | undefined {
  const { isMap, isNode, isPair } = loadYaml()
  const pair = isMap(parent) ? parent.items.find((item) => isPair(item) && String(item.key) === String(key)) : undefined
  return isNode(pair?.key) ? pair.key : undefined
}

/** The node of a value; of its key where the value is left empty. */
function valueNode(parent: Node | undefined, step: string | number): Node | undefined {
  const { isNode } = loadYaml()
  const value = parent !== undefined && 'get' in parent && typeof parent.get === 'function' ? parent.get(step, true) : undefined
  return isNode(value) ? value : keyNode(parent, step)
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
