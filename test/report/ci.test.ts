// The examples for continuous integration, run on a repository of zone files.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { PROGRAM } from '../support/sallyport.ts'

/** GitHub's own parser of workflows. It imports JSON as bundlers take it. */
const hooks = registerHooks({
  load: (url, context, next) => next(url, url.endsWith('.json') ? { ...context, importAttributes: { type: 'json' } } : context),
})
const { NoOperationTraceWriter, parseWorkflow } = await import('@actions/workflow-parser')
hooks.deregister()

const EXAMPLES = fileURLToPath(new URL('../../.ci/', import.meta.url))

interface Repository {
  readonly folder: string
  readonly bin: string
  git(...words: readonly string[]): ReturnType<typeof run>
  write(path: string, text: string): void
}

function run(folder: string, command: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  return spawnSync(command[0]!, command.slice(1), { encoding: 'utf8', cwd: folder, env: { ...process.env, ...environment } })
}

/** With one commit on main: a zone file and what is needed. */
function createRepository(context: TestContext): Repository {
  const folder = mkdtempSync(join(tmpdir(), 'ci-'))
  context.after(() => rmSync(folder, { recursive: true }))
  const bin = join(folder, '.git', 'bin')
  const path = { PATH: `${bin}:${process.env.PATH}` }
  const identity = ['-c', 'user.name=t', '-c', 'user.email=t@t.example', '-c', 'commit.gpgsign=false']
  const git = (...words: readonly string[]) => run(folder, ['git', ...identity, ...words], path)
  const write = (file: string, text: string) => writeFileSync(join(folder, file), text)
  git('init', '-q', '-b', 'main')
  for (const each of [bin, join(folder, 'zones')]) mkdirSync(each)
  symlinkSync(PROGRAM, join(bin, 'sallyport'))
  write('zones/app.zone', '$CLIENTS reviewer\nneeded.example\n')
  write('sallyport.yaml', 'clients: {reviewer: 10.77.0.2}\n')
  write('needs.yaml', '- {destination: needed.example, client: reviewer}\n')
  git('add', '.')
  assert.equal(git('commit', '-qm', 'first').status, 0)
  return { folder, bin, git, write }
}

test('the pre-commit hook lets a good change pass, says what it opens, and refuses one that denies what is needed', (t) => {
  const { folder, git, write } = createRepository(t)
  mkdirSync(join(folder, '.git', 'hooks'), { recursive: true })
  copyFileSync(join(EXAMPLES, 'pre-commit'), join(folder, '.git', 'hooks', 'pre-commit'))
  write('zones/app.zone', '$CLIENTS reviewer\nneeded.example\nmore.example\n')
  const good = git('commit', '-qam', 'more')
  assert.equal(good.status, 0, good.stderr)
  assert.match(good.stdout + good.stderr, /for reviewer:\n {2}\+ more\.example {2}tcp\/443/)
  write('zones/app.zone', '$CLIENTS reviewer\nmore.example\n')
  git('add', '.')
  // What lies in the folder, but is not staged, saves nothing.
  write('zones/app.zone', '$CLIENTS reviewer\nneeded.example\nmore.example\n')
  const bad = git('commit', '-qm', 'less')
  assert.equal(bad.status, 1)
  assert.match(bad.stdout + bad.stderr, /needs\.yaml:1: needed\.example is denied for reviewer: no entry mentions it/)
})

test('the GitHub Actions example is a workflow for the parser that GitHub publishes', () => {
  const text = readFileSync(join(EXAMPLES, 'github-actions.yml'), 'utf8')
  const errorsOf = (content: string) =>
    parseWorkflow({ name: 'egress.yml', content }, new NoOperationTraceWriter())
      .context.errors.getErrors()
      .map(({ message }) => message)
  assert.deepEqual(errorsOf(text), [])
  assert.match(errorsOf(text.replace('runs-on:', 'run-on:')).join('\n'), /Unexpected value 'run-on'/)
})

test('the steps of the GitHub Actions example check a pull request and summarise what it opens', (t) => {
  const { folder, bin, git, write } = createRepository(t)
  git('update-ref', 'refs/remotes/origin/main', 'HEAD')
  write('zones/app.zone', '$CLIENTS reviewer\nneeded.example 443 22\n')
  const workflow = parse(readFileSync(join(EXAMPLES, 'github-actions.yml'), 'utf8')) as { jobs: { check: { steps: { run?: string }[] } } }
  const steps = workflow.jobs.check.steps.flatMap((step) => (step.run?.includes('sallyport ') ? [step.run] : []))
  assert.equal(steps.length, 2)
  const summary = join(folder, '.git', 'summary')
  const environment = {
    PATH: `${bin}:${process.env.PATH}`,
    RUNNER_TEMP: join(folder, '.git'),
    GITHUB_BASE_REF: 'main',
    GITHUB_STEP_SUMMARY: summary,
  }
  for (const step of steps) {
    const { status, stderr } = run(folder, ['bash', '-e', '-c', step], environment)
    assert.equal(status, 0, stderr)
  }
  assert.match(readFileSync(summary, 'utf8'), /for reviewer:\n {2}\+ needed\.example {2}tcp\/22/)
  assert.match(readFileSync(join(folder, 'check.xml'), 'utf8'), /failures="0"/)
})
