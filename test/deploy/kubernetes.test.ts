// No cluster runs here: the manifests are checked against the published types of the API, and what they carry by sallyport itself.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { PROJECT } from '../support/docker.ts'
import { PROGRAM } from '../support/sallyport.ts'

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly data?: Readonly<Record<string, string>>
}

const PLACE = join(PROJECT, 'deploy/kubernetes')
const manifests = readdirSync(PLACE).map((file) => ({ file, documents: readManifests(join(PLACE, file)) }))
const folder = mkdtempSync(join(tmpdir(), `sallyport-test-${process.pid}-`))
after(() => rmSync(folder, { recursive: true }))

function readManifests(file: string): readonly Manifest[] {
  return parseAllDocuments(readFileSync(file, 'utf8'), { merge: true }).map((document) => {
    assert.deepEqual(document.errors, [], file)
    return document.toJS() as Manifest
  })
}

/** Types of what an API version holds: "core/v1", "apps/v1", "networking/v1". */
function moduleOf({ apiVersion }: Manifest): string {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion]
  return `kubernetes-types/${group!.split('.')[0]}/${version}`
}

/** Everything that the compiler has to say of a manifest as a value of its type. Unknown keys count, too: a literal is fresh. */
function complaints(manifest: Manifest, name: string): string {
  const file = join(folder, `${name}.ts`)
  const text = `import type { ${manifest.kind} } from '${moduleOf(manifest)}'\nexport const manifest: ${manifest.kind} = ${JSON.stringify(manifest)}\n`
  writeFileSync(file, text)
  const words = ['--noEmit', '--strict', '--skipLibCheck', '--ignoreConfig', '--module', 'nodenext', '--target', 'es2024', file]
  const { status, stdout } = spawnSync(join(PROJECT, 'node_modules/.bin/tsc'), words, { encoding: 'utf8', cwd: folder })
  return status === 0 ? '' : stdout
}

symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'))

for (const { file, documents } of manifests) {
  test(`${file}: every object has the shape that the API publishes for it`, () => {
    for (const [index, manifest] of documents.entries()) {
      assert.equal(complaints(manifest, `${file.replace('.yaml', '')}-${index}`), '', `${manifest.kind} in ${file}`)
    }
  })

  test(`${file}: its settings and zone files are what sallyport takes`, () => {
    const carried = Object.entries(Object.assign({}, ...documents.map(({ data }) => data ?? {})) as Record<string, string>)
    const home = join(folder, file)
    mkdirSync(join(home, 'zones'), { recursive: true })
    for (const [name, text] of carried) writeFileSync(join(home, name.endsWith('.zone') ? 'zones' : '', name), text)
    const words = ['check', join(home, 'zones'), '--config', join(home, 'sallyport.yaml')]
    const { status, stdout, stderr } = spawnSync(PROGRAM, words, { encoding: 'utf8' })
    assert.equal(status, 0, stdout + stderr)
  })
}

test('a manifest with a misspelt key does not pass', () => {
  const wrong = { apiVersion: 'v1', kind: 'Pod', spec: { containers: [{ name: 'a', imagePullPolcy: 'Never' }] } }
  assert.match(complaints(wrong, 'wrong'), /imagePullPolcy/)
})
