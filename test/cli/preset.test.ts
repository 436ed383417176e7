// The zone files that `init` writes, and the samples that a clone starts with.
import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { PRESET_FOLDER } from '../../src/cli/place.ts'
import { presetNames, readPreset } from '../../src/cli/preset.ts'
import { parseAddress } from '../../src/net/address.ts'
import { coversRange, parsePortRange } from '../../src/net/port.ts'
import { decideName } from '../../src/policy/decide.ts'
import type { Policy } from '../../src/policy/policy.ts'
import { parseDestination } from '../../src/zones/edit.ts'
import { type Load, loadPolicy } from '../../src/zones/loader.ts'
import { makeHome } from './home.ts'

const SETTINGS = { clients: [], guard: 'none', audit: false, neverOpen: [] } as const
const SAMPLES = fileURLToPath(new URL('../../zones', import.meta.url))

/** What the documentation of each says that its users must reach, and near misses. */
const PRESETS: Readonly<Record<string, { readonly open: readonly string[]; readonly closed: readonly string[] }>> = {
  alpine: { open: ['dl-cdn.alpinelinux.org:80', 'dl-cdn.alpinelinux.org:443'], closed: ['alpinelinux.org'] },
  anthropic: { open: ['api.anthropic.com:443'], closed: ['anthropic.com', 'evil.api.anthropic.com'] },
  bedrock: { open: ['bedrock-runtime.us-east-1.amazonaws.com:443'], closed: ['bucket.s3.amazonaws.com', 'amazonaws.com'] },
  cargo: { open: ['index.crates.io', 'static.crates.io', 'static.rust-lang.org'], closed: ['crates.io:22'] },
  debian: { open: ['deb.debian.org:80', 'security.debian.org:443'], closed: ['debian.org', 'deb.debian.org:22'] },
  deepseek: { open: ['api.deepseek.com'], closed: ['deepseek.com'] },
  'docker-hub': {
    open: ['registry-1.docker.io', 'auth.docker.io', 'production.cloudflare.docker.com'],
    closed: ['other.r2.cloudflarestorage.com'],
  },
  gemini: { open: ['generativelanguage.googleapis.com'], closed: ['storage.googleapis.com'] },
  github: {
    open: ['github.com:22', 'github.com:443', 'codeload.github.com', 'ghcr.io'],
    closed: ['gist.github.com', 'x.githubusercontent.com', 'x.github.io'],
  },
  gitlab: { open: ['gitlab.com:22', 'registry.gitlab.com'], closed: ['x.gitlab.io'] },
  go: { open: ['proxy.golang.org', 'sum.golang.org'], closed: ['storage.googleapis.com'] },
  mistral: { open: ['api.mistral.ai'], closed: ['mistral.ai'] },
  npm: { open: ['registry.npmjs.org:443'], closed: ['registry.npmjs.org:80', 'npmjs.org', 'www.npmjs.com'] },
  openai: { open: ['api.openai.com'], closed: ['openai.com'] },
  openrouter: { open: ['openrouter.ai'], closed: ['x.openrouter.ai'] },
  pypi: { open: ['pypi.org', 'files.pythonhosted.org'], closed: ['test.pypi.org', 'pythonhosted.org'] },
  ubuntu: {
    open: ['archive.ubuntu.com:80', 'de.archive.ubuntu.com:80', 'us-east-1.ec2.archive.ubuntu.com:80', 'security.ubuntu.com'],
    closed: ['ubuntu.com', 'ppa.ubuntu.com'],
  },
  xai: { open: ['api.x.ai'], closed: ['x.ai'] },
}

test('every preset is in the table', () => {
  assert.deepEqual(presetNames(), Object.keys(PRESETS).sort())
})

/** Of a folder that holds these presets alone. */
async function loadPresets(context: TestContext, names: readonly string[]): Promise<Load & { kind: 'loaded' }> {
  const folder = mkdtempSync(join(tmpdir(), `sallyport-test-${process.pid}-`))
  context.after(() => rmSync(folder, { recursive: true }))
  for (const name of names) copyFileSync(join(PRESET_FOLDER, `${name}.zone`), join(folder, `${name}.zone`))
  return loadWhole(folder)
}

async function loadWhole(folder: string): Promise<Load & { kind: 'loaded' }> {
  const load = await loadPolicy({ kind: 'one', folder }, SETTINGS)
  assert.equal(load.kind, 'loaded', JSON.stringify(load))
  return load as Load & { kind: 'loaded' }
}

/** `NAME[:PORT]`, 443 where there is none. */
function isOpen(policy: Policy, text: string): boolean {
  const destination = parseDestination(text)
  assert.ok(destination.kind === 'name')
  const verdict = decideName(policy.clientAt(parseAddress('127.0.0.1')!).view, destination.pattern.name, 0)
  return verdict.kind === 'allow' && coversRange(verdict.ports, destination.port ?? parsePortRange('tcp/443')!)
}

for (const [name, { open, closed }] of Object.entries(PRESETS)) {
  test(`preset ${name}: names its sources, has nothing to warn of, and opens what it should and no more`, async (t) => {
    assert.match(readPreset(name).text, /^# .+\n(?:#.*\n)*# https:\/\/\S+/)
    const { policy, warnings } = await loadPresets(t, [name])
    assert.deepEqual(warnings, [])
    for (const destination of open) assert.ok(isOpen(policy, destination), destination)
    for (const destination of closed) assert.ok(!isOpen(policy, destination), destination)
  })
}

test('all presets together pass check', (t) => {
  assert.match(makeHome(t).run('check', PRESET_FOLDER).stdout, new RegExp(`^${presetNames().length} zone files, \\d+ entries: valid\\n$`))
})

test('the sample zone files have nothing to warn of, and allow nothing that no preset vouches for', async (t) => {
  const { files, warnings } = await loadWhole(SAMPLES)
  assert.deepEqual(warnings, [])
  const { policy } = await loadPresets(t, presetNames())
  for (const { kind, name, ports, wildcard } of files.flatMap((file) => [...file.names])) {
    if (kind === 'deny') continue
    assert.ok(!wildcard, name)
    for (const { first } of ports) assert.ok(isOpen(policy, `${name}:${first}`), `${name}:${first}`)
  }
})
