// Writes what is made from the schema, the JSON Schema that editors read and the table in README: `node src/config/publish.ts`.

import { readFileSync, writeFileSync } from 'node:fs'
import { jsonSchema } from './schema.ts'
import { replaceTable } from './settings-table.ts'

const README = new URL('../../README.md', import.meta.url)

writeFileSync(new URL('sallyport.schema.json', import.meta.url), `${JSON.stringify(jsonSchema(), undefined, 2)}\n`)
writeFileSync(README, replaceTable(readFileSync(README, 'utf8')))
