// All attacks, found as files.
import { readdirSync } from 'node:fs'
import { extname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CODE_ENDING, codePath } from '../../place.ts'
import type { Attack } from './attack.ts'
import { MOST_ATTACKS } from './plan.ts'

export interface NamedAttack extends Attack {
  /** Its place in the corpus, from 2 on: 1 is the control. */
  readonly number: number
  readonly group: string
  readonly name: string
}

const FOLDER = codePath('doctor/attack')
const FIRST_NUMBER = 2

/** Those of the numbers, or all, in the order of groups and names, which is that of their numbers. */
export async function loadCorpus(numbers?: readonly number[]): Promise<readonly NamedAttack[]> {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith(CODE_ENDING))
  if (files.length + FIRST_NUMBER > MOST_ATTACKS) throw new Error(`${files.length} attacks are more than there are addresses for`)
  const wanted = numbers === undefined ? undefined : new Set(numbers)
  const numbered = files.sort().map((file, index) => ({ file, number: index + FIRST_NUMBER }))
  return await Promise.all(numbered.filter(({ number }) => wanted?.has(number) ?? true).map(loadAttack))
}

async function loadAttack({ file, number }: { readonly file: string; readonly number: number }): Promise<NamedAttack> {
  const { default: attack } = (await import(pathToFileURL(join(FOLDER, file)).href)) as { readonly default: Attack }
  const [group, name] = file.slice(0, -extname(file).length).split('/') as [string, string]
  return { ...attack, number, group: group.replaceAll('-', ' '), name }
}
