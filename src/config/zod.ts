// zod without what it would say in sixty other languages: those files, one for each, take longer to load than the rest of it (bench/start).

import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
// It finds them loaded, and empty. English, which it sets by itself, is not among them.
require.cache[require.resolve('zod/v4/locales')] = { exports: {} } as NodeJS.Module

export const { z } = require('zod') as typeof import('zod')

// Settings are read once: code that is made to read them faster costs more than it saves (bench/start).
z.config({ jitless: true })
