// README says what is so: its snippets are valid, its tables complete. Its commands are run by scenario/newcomer.test.ts.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createProgram } from '../src/cli/commands.ts'
import { readEnvironment } from '../src/config/environment.ts'
import { parseNeeds } from '../src/config/needs.ts'
import { readConfig } from '../src/config/read.ts'
import { replaceTable } from '../src/config/settings-table.ts'
import { formatProblem, parseZone } from '../src/zones/parse.ts'
import { fileOf, PROJECT, README, snippetsOf } from './support/readme.ts'
import { createFolder } from './support/world.ts'

const snippets = snippetsOf(README)
const folder = createFolder()
after(() => rmSync(folder, { recursive: true, force: true }))

test('every zone snippet is a valid zone file', () => {
  const zones = snippets.filter(({ language }) => language === 'zone')
  assert.ok(zones.length >= 2)
  for (const { text } of zones) assert.deepEqual(parseZone(text, { file: 'README.md', tier: undefined }).problems.map(formatProblem), [])
})

test('every yaml snippet says which file it is, and is a valid one', () => {
  const environment = readEnvironment()
  const readers: Readonly<Record<string, (file: string) => unknown>> = {
    'sallyport.yaml': (file) => readConfig({ file, environment }),
    'needs.yaml': (file) => parseNeeds(readFileSync(file, 'utf8'), file),
  }
  for (const snippet of snippets.filter(({ language }) => language === 'yaml')) {
    const name = fileOf(snippet)
    assert.ok(name !== undefined && readers[name], snippet.text)
    writeFileSync(join(folder, name), snippet.text)
    readers[name](join(folder, name))
  }
})

test('the table of commands has them all, and none that is not there', () => {
  const [, table] = /^## Commands\n(.*?)^## /ms.exec(README)!
  const cells = [...table!.matchAll(/^\| (`.*?) \|/gm)].flatMap(({ 1: cell }) =>
    [...cell!.matchAll(/`([a-z]+)/g)].map(({ 1: name }) => name!),
  )
  assert.deepEqual(
    [...new Set(cells)].sort(),
    createProgram()
      .commands.map((command) => command.name())
      .sort(),
  )
})

test('the table of settings is that of the schema; `node src/config/publish.ts` writes it', () => {
  assert.ok(README === replaceTable(README), 'the table is out of date')
})

test('files that README names are there', () => {
  const named = [...README.matchAll(/`((?:[\w.-]+\/)*[\w.-]+\.(?:yml|ts|json|md))`/g)].map(({ 1: path }) => path!)
  assert.ok(named.length > 0)
  assert.deepEqual(
    named.filter((path) => !existsSync(join(PROJECT, path))),
    [],
  )
})
