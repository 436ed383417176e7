// The import table of DESIGN section 6, library homes, and house rules that a compiler does not know.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix, relative, sep } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const ANY = ['*']

/** What a room may import: rooms, or single files of a room. Type imports count too. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  net: [],
  dns: ['net'],
  policy: ['dns', 'net'],
  zones: ['dns', 'net', 'policy', 'printable.ts'],
  cache: ['dns'],
  upstream: ['dns', 'net', 'log.ts', 'latency.ts'],
  leases: ['dns', 'net', 'log.ts', 'by-client.ts'],
  resolver: ['dns', 'policy', 'cache', 'by-client.ts'],
  linux: ['net'],
  server: ['dns', 'resolver', 'linux', 'log.ts'],
  updater: ['net', 'policy', 'zones', 'linux', 'leases/protocol.ts', 'log.ts', 'latency.ts'],
  config: ['net'],
  daemon: ['*', '!cli'],
  sandbox: ['*', '!cli'],
  doctor: ['*', '!cli'],
  audit: ['*', '!cli'],
  journal: ['*', '!cli'],
  report: ['*', '!cli'],
  cli: ANY,
  'by-client.ts': [],
  'folder.ts': [],
  'log.ts': ['printable.ts'],
  'latency.ts': [],
  'main.ts': ANY,
  'part.ts': ['*', '!cli'],
  'place.ts': [],
  'printable.ts': [],
}

/** Where each library is at home: a file, or a folder with a final slash. Replacing it touches that place alone. */
const LIBRARY_HOMES: Readonly<Record<string, readonly string[]>> = {
  'ipaddr.js': ['net/'],
  chokidar: ['zones/watch.ts'],
  koffi: ['linux/'],
  commander: ['cli/'],
  pino: ['log.ts'],
  zod: ['config/'],
  yaml: ['config/'],
  tldts: ['zones/'],
  undici: ['upstream/https.ts'],
  'prom-client': ['daemon/metrics.ts'],
  dns2: ['doctor/'],
}

const PURE_ROOMS = ['net', 'dns', 'policy', 'cache']

interface Source {
  /** Below src, with forward slashes. */
  readonly path: string
  readonly room: string
  readonly text: string
  readonly imports: readonly string[]
}

const sources = listFiles(join(ROOT, 'src'), '.ts').map((file): Source => {
  const path = relative(join(ROOT, 'src'), file).split(sep).join('/')
  const text = readFileSync(file, 'utf8')
  return { path, room: path.split('/')[0]!, text, imports: importsOf(text) }
})

function listFiles(folder: string, ending: string): string[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => name.endsWith(ending) && !name.includes('node_modules')).map((name) => join(folder, name))
}

function importsOf(text: string): string[] {
  const statements = withoutComments(text).matchAll(/(?:^|\s)(?:from|import)\s*\(?\s*'([^']+)'/g)
  return [...statements].map(([, specifier]) => specifier!)
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$|\s\/\/ .*$/gm, '')
}

/** A file below src, as a relative specifier names it from there. */
function resolveImport(source: Source, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(source.path), specifier))
}

function isAllowed(source: Source, target: string): boolean {
  const room = target.split('/')[0]!
  if (room === source.room) return true
  const allowed = MAY_IMPORT[source.room] ?? []
  if (allowed.includes(`!${room}`)) return false
  return allowed.includes('*') || allowed.includes(room) || allowed.includes(target)
}

/** Lines of the sources that match, as "path:line: text", homes left out. */
function linesWith(pattern: RegExp, homes: readonly string[] = [], among: readonly Source[] = sources): string[] {
  return among
    .filter(({ path }) => !homes.some((home) => path === home || (home.endsWith('/') && path.startsWith(home))))
    .flatMap(({ path, text }) =>
      withoutComments(text)
        .split('\n')
        .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
    )
}

test('every room is in the table', () => {
  assert.ok(sources.length > 0)
  assert.deepEqual(
    sources.filter(({ room }) => !(room in MAY_IMPORT)).map(({ path }) => path),
    [],
  )
})

test('a room imports only what the table lets it', () => {
  const foreign = sources.flatMap((source) => {
    const targets = source.imports.filter((specifier) => specifier.startsWith('.')).map((specifier) => resolveImport(source, specifier))
    return targets
      .filter((target) => target.startsWith('..') === false && !isAllowed(source, target))
      .map((target) => `${source.path} imports ${target}`)
  })
  assert.deepEqual(foreign, [])
})

test('a library is imported at its home alone, and only libraries that have one are imported', () => {
  const foreign = sources.flatMap(({ path, imports }) => {
    const libraries = imports.filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:')).map(packageOf)
    return libraries.filter((library) => !isHome(library, path)).map((library) => `${path} imports ${library}`)
  })
  assert.deepEqual(foreign, [])
})

function packageOf(specifier: string): string {
  return specifier.startsWith('@') ? specifier.split('/').slice(0, 2).join('/') : specifier.split('/')[0]!
}

function isHome(library: string, path: string): boolean {
  return (LIBRARY_HOMES[library] ?? []).some((home) => path === home || (home.endsWith('/') && path.startsWith(home)))
}

test('the environment is read in config alone, and the programs alone end the process', () => {
  assert.deepEqual(linesWith(/\bprocess\.env\b/, ['config/']), [])
  assert.deepEqual(linesWith(/\bprocess\.(exit\(|abort|reallyExit)/, ['main.ts', 'part.ts']), [])
})

/** At once, and as CommonJS. */
const WHO_LOAD_A_LIBRARY = ['config/document.ts', 'config/zod.ts', 'upstream/https.ts', 'zones/suffix.ts']

test('one file says where the program lies: what is built has joined the others', () => {
  assert.deepEqual(
    linesWith(/\bimport\.meta\.(dirname|filename|url|resolve)/, ['place.ts', 'config/publish.ts', ...WHO_LOAD_A_LIBRARY]),
    [],
  )
})

test('pure rooms take the time as an argument, and touch no file, socket or process', () => {
  const pure = sources.filter(({ room }) => PURE_ROOMS.includes(room) || room === 'leases/protocol.ts')
  assert.deepEqual(linesWith(/\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|\bsetTimeout\(|\bsetInterval\(/, [], pure), [])
  const impure = pure.flatMap(({ path, imports }) =>
    imports.filter((name) => name.startsWith('node:') && name !== 'node:crypto').map((name) => `${path} imports ${name}`),
  )
  assert.deepEqual(impure, [])
})

test('nothing security rests on is drawn from Math.random', () => {
  assert.deepEqual(linesWith(/\bMath\.random\(/), [])
})

const tests = listFiles(join(ROOT, 'test'), '.ts').map(
  (path): Source => ({ path: relative(ROOT, path), room: 'test', text: readFileSync(path, 'utf8'), imports: [] }),
)

test('no test is left out, and none shuts the others out', () => {
  assert.deepEqual(
    linesWith(
      /\b(test|it|suite|describe)\.(only|skip|todo)\(|\bonly: true|\bskip: true|\btodo: true/,
      ['test/architecture.test.ts'],
      tests,
    ),
    [],
  )
})

test('no file depends on where it was written: no path below a home or work folder', () => {
  const folders = ['bin', '.ci', 'zones', 'src', 'test']
  const files = [...folders.flatMap((folder) => listFiles(join(ROOT, folder), '')), ...readdirSync(ROOT).map((name) => join(ROOT, name))]
  const texts = files
    .filter((file) => /\.(ts|js|json|md|zone|ya?ml|sh)$|\/(bin|\.ci)\/|Dockerfile/.test(file))
    .map((path): Source => {
      return { path: relative(ROOT, path), room: '', text: readFileSync(path, 'utf8'), imports: [] }
    })
  assert.ok(texts.length > 100)
  assert.deepEqual(
    linesWith(/(?<![\w.)}\]-])\/(home|work|farm|mnt|srv|Users)\//, ['package-lock.json', 'test/architecture.test.ts'], texts),
    [],
  )
})
