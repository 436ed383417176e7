// Writes the JSON Schema that editors read: `node src/config/publish.ts`.

import { writeFileSync } from 'node:fs'
import { jsonSchema } from './schema.ts'

writeFileSync(new URL('sallyport.schema.json', import.meta.url), `${JSON.stringify(jsonSchema(), undefined, 2)}\n`)
