// A real Docker engine, inside a network namespace of the tests, with images made on this machine.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Namespace, runCommand } from './namespace.ts'
import type { CliOutcome } from './sallyport.ts'
import { eventually } from './wait.ts'

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url))
/** Debian's base system takes a minute to make: kept from run to run. */
const CACHE = '/var/cache/sallyport-test'
const BASE_IMAGE = 'sallyport-test-base'
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'

export interface Docker {
  /** Runs docker(1) to its end; throws when it fails. */
  docker(...words: readonly string[]): string
  /** Runs docker-compose(1) on the project in `folder`. */
  compose(folder: string, ...words: readonly string[]): CliOutcome
  close(): Promise<void>
}

interface EngineOptions {
  /** Undefined: where the tests are started, without networks of its own. */
  readonly namespace: Namespace | undefined
  readonly folder: string
  readonly upstream?: string
}

/** Builds the image `sallyport` from the Dockerfile, then starts an engine in `namespace` that has it. Names resolve there at `upstream`. */
export async function startDocker(namespace: Namespace, folder: string, upstream: string): Promise<Docker> {
  const builder = await startEngine({ namespace: undefined, folder })
  try {
    importBase(builder)
    builder.docker('build', '--quiet', '--network', 'host', '--build-arg', `BASE=${BASE_IMAGE}`, '--tag', 'sallyport', PROJECT)
  } finally {
    await builder.close()
  }
  return startEngine({ namespace, folder, upstream })
}

async function startEngine({ namespace, folder, upstream }: EngineOptions): Promise<Docker> {
  const place = join(folder, namespace === undefined ? 'builder' : 'engine')
  mkdirSync(place, { recursive: true })
  const host = `unix://${join(place, 'docker.sock')}`
  const environment = { ...process.env, DOCKER_HOST: host, DOCKER_BUILDKIT: '0', COMPOSE_INTERACTIVE_NO_CLI: '1' }
  const engine = spawnEngine(namespace, place, engineWords(folder, place, host, namespace !== undefined), upstream)
  const run = (program: string, words: readonly string[], cwd: string) =>
    spawnSync(program, words, { encoding: 'utf8', env: environment, cwd, timeout: 280_000, maxBuffer: 1 << 26 })
  const docker = (...words: readonly string[]): string => {
    const { status, stdout, stderr } = run('docker', words, PROJECT)
    if (status !== 0) throw new Error(`docker ${words.join(' ')}: exit ${status}: ${stderr}${stdout}`)
    return stdout
  }
  const compose = (project: string, ...words: readonly string[]): CliOutcome => run('docker-compose', words, project)
  await eventually('the Docker engine answers', () => run('docker', ['version'], PROJECT).status === 0, 30_000)
  return { docker, compose, close: () => stop(engine) }
}

function engineWords(folder: string, place: string, host: string, hasNetworks: boolean): string[] {
  const networks = hasNetworks ? [] : ['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-forward=false']
  const places = [`--data-root=${join(folder, 'images')}`, `--exec-root=${join(place, 'run')}`, `--pidfile=${join(place, 'pid')}`]
  return ['dockerd', `--host=${host}`, '--log-level=error', ...places, ...networks]
}

function spawnEngine(
  namespace: Namespace | undefined,
  place: string,
  words: readonly string[],
  upstream: string | undefined,
): ChildProcess {
  if (namespace === undefined) return spawn(words[0]!, words.slice(1), { stdio: 'ignore' })
  const resolvConf = join(place, 'resolv.conf')
  writeFileSync(resolvConf, `nameserver ${upstream}\n`)
  const script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
  return namespace.spawn(['unshare', '--mount', 'sh', '-c', script, resolvConf, ...words], { stdio: 'ignore' })
}

async function stop(engine: ChildProcess): Promise<void> {
  if (engine.exitCode !== null || engine.signalCode !== null) return
  const exit = once(engine, 'exit')
  engine.kill('SIGTERM')
  await exit
}

/** Debian, the pinned Node.js, this machine's npm and the certificates that it trusts: what node:24-bookworm-slim is elsewhere. */
function importBase({ docker }: Docker): void {
  const archive = join(CACHE, `base-${process.version}.tar`)
  if (!existsSync(archive)) makeBase(archive)
  docker('import', '--change', `ENV NODE_EXTRA_CA_CERTS=${CERTIFICATES}`, archive, BASE_IMAGE)
}

function makeBase(archive: string): void {
  const tree = `${archive}.tree`
  rmSync(tree, { recursive: true, force: true })
  mkdirSync(CACHE, { recursive: true })
  runCommand(['debootstrap', '--variant=minbase', 'bookworm', tree])
  rmSync(join(tree, 'var/cache/apt/archives'), { recursive: true })
  cpSync(process.execPath, join(tree, 'usr/local/bin/node'))
  cpSync(join(runCommand(['npm', 'root', '--global']).trim(), 'npm'), join(tree, 'usr/local/lib/npm'), { recursive: true })
  writeFileSync(join(tree, 'usr/local/bin/npm'), '#!/bin/sh\nexec node /usr/local/lib/npm/bin/npm-cli.js "$@"\n', { mode: 0o755 })
  mkdirSync(dirname(join(tree, CERTIFICATES)), { recursive: true })
  if (existsSync(CERTIFICATES)) cpSync(CERTIFICATES, join(tree, CERTIFICATES))
  runCommand(['tar', '--directory', tree, '--create', '--file', `${archive}.new`, '.'])
  rmSync(tree, { recursive: true })
  renameSync(`${archive}.new`, archive)
}
