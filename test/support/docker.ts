// A real Docker engine, inside a network namespace of the tests, with images made on this machine.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { baseSystem, CERTIFICATES } from './base-system.ts'
import type { Namespace } from './namespace.ts'
import type { CliOutcome } from './sallyport.ts'
import { eventually } from './wait.ts'

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url))
const BASE_IMAGE = 'sallyport-test-base'

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

/** In a mount namespace of its own: what the engine mounts goes with it. */
function spawnEngine(
  namespace: Namespace | undefined,
  place: string,
  words: readonly string[],
  upstream: string | undefined,
): ChildProcess {
  const unshared = ['unshare', '--mount', '--propagation', 'private']
  if (namespace === undefined) return spawn(unshared[0]!, [...unshared.slice(1), ...words], { stdio: 'ignore' })
  const resolvConf = join(place, 'resolv.conf')
  writeFileSync(resolvConf, `nameserver ${upstream}\n`)
  const script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
  return namespace.spawn([...unshared, 'sh', '-c', script, resolvConf, ...words], { stdio: 'ignore' })
}

async function stop(engine: ChildProcess): Promise<void> {
  if (engine.exitCode !== null || engine.signalCode !== null) return
  const exit = once(engine, 'exit')
  engine.kill('SIGTERM')
  await exit
}

/** Stands in for node:24-bookworm-slim. */
function importBase({ docker }: Docker): void {
  docker('import', '--change', `ENV NODE_EXTRA_CA_CERTS=${CERTIFICATES}`, baseSystem(), BASE_IMAGE)
}
