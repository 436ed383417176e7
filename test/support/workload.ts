// A recorded workload: npm, git over HTTPS and SSH, an agent's calls to three APIs on odd ports, a call straight to an address.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createCertificate } from './certificate.ts'
import type { FarSide } from './far-side.ts'
import { type Namespace, runCommand } from './namespace.ts'
import type { Sandbox } from './sandbox.ts'

const REGISTRY = '192.0.2.10'
const GIT = '192.0.2.20'

/** Whom it talks to, as presentation text. */
export const RECORDS: readonly string[] = [
  `registry.npmjs.org. 60 IN A ${REGISTRY}`,
  `git.example.org. 60 IN A ${GIT}`,
  'api.one.example. 60 IN A 192.0.2.31',
  'api.two.example. 60 IN AAAA 2001:db8:1::32',
  'api.three.example. 60 IN A 192.0.2.33',
  'idle.example. 60 IN A 192.0.2.34',
]
const ECHOES = ['192.0.2.31 tcp/7999', '2001:db8:1::32 tcp/8443', '192.0.2.33 udp/9999', '203.0.113.5 tcp/9000']

export interface Workload {
  /** Runs all of it in a sandbox. Rejects with what a step printed if it fails. */
  run(sandbox: Sandbox): Promise<void>
  close(): Promise<void>
}

const FAR_SIDE = fileURLToPath(new URL('far-side.ts', import.meta.url))
/** Over UDP an answer must come as well. One name is asked for and not called. */
const AGENT = `
const { connect } = require('node:net'), { createSocket } = require('node:dgram'), { once } = require('node:events'), { lookup } = require('node:dns/promises')
const call = async (host, port) => { const s = connect(port, host); s.write('hello'); await once(s, 'data'); s.destroy() }
;(async () => {
  await call('api.one.example', 7999)
  await call('api.two.example', 8443)
  const s = createSocket('udp4'); s.send('hello', 9999, (await lookup('api.three.example')).address); await once(s, 'message'); s.close()
  await call('203.0.113.5', 9000)
  await lookup('idle.example')
})()`

/** The servers, in the internet. */
export async function createWorkload(internet: Namespace, parent: string): Promise<Workload> {
  const folder = mkdtempSync(join(parent, 'workload-'))
  const certificate = createCertificate(['registry.npmjs.org', 'git.example.org'], [])
  const sites = { [REGISTRY]: makeRegistry(folder), [GIT]: makeRepository(folder) }
  const parameters: FarSide = { certificate: certificate.file, key: certificate.key, sites, echoes: ECHOES }
  const servers = internet.spawn([process.execPath, FAR_SIDE, JSON.stringify(parameters)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const key = makeKeys(folder)
  const sshd = internet.spawn(['/usr/sbin/sshd', '-D', '-e', '-f', writeSshdConfig(folder)], { stdio: ['ignore', 'ignore', 'pipe'] })
  await Promise.all([once(servers.stdout!, 'data'), once(sshd.stderr!, 'data')])
  const ssh = `ssh -F /dev/null -i ${key} -o BatchMode=yes -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no`
  const environment = {
    NODE_EXTRA_CA_CERTS: certificate.file,
    GIT_SSL_CAINFO: certificate.file,
    GIT_SSH_COMMAND: ssh,
    GIT_TERMINAL_PROMPT: '0',
  }
  return {
    run: async (sandbox) => {
      const home = mkdtempSync(join(folder, 'run-'))
      writeFileSync(join(home, 'package.json'), '{"dependencies":{"left-of":"1.0.0"}}')
      for (const command of [
        ['npm', 'install', '--no-audit', '--no-fund', '--no-update-notifier', `--cafile=${certificate.file}`, `--cache=${home}/cache`],
        ['git', 'clone', '--quiet', 'https://git.example.org/project.git', 'over-https'],
        ['git', 'clone', '--quiet', `ssh://root@git.example.org${sites[GIT]}/project.git`, 'over-ssh'],
        [process.execPath, '-e', AGENT],
      ])
        await runInside(sandbox, command, home, environment)
      readFileSync(join(home, 'node_modules/right-of/package.json'))
    },
    close: async () => {
      for (const child of [servers, sshd]) {
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
      certificate.remove()
    },
  }
}

/** Two packages, the first of which needs the second. */
function makeRegistry(parent: string): string {
  const site = join(parent, 'registry')
  for (const [name, dependencies] of [
    ['left-of', { 'right-of': '1.0.0' }],
    ['right-of', {}],
  ] as const) {
    const source = join(parent, name)
    mkdirSync(source, { recursive: true })
    mkdirSync(site, { recursive: true })
    writeFileSync(join(source, 'package.json'), JSON.stringify({ name, version: '1.0.0', dependencies }))
    runCommand(['tar', '-czf', join(site, `${name}.tgz`), '--transform=s/^[.]/package/', '-C', source, '.'])
    const dist = { tarball: `https://registry.npmjs.org/${name}.tgz` }
    const versions = { '1.0.0': { name, version: '1.0.0', dependencies, dist } }
    writeFileSync(join(site, name), JSON.stringify({ name, 'dist-tags': { latest: '1.0.0' }, versions }))
  }
  return site
}

/** Served as files: git's dumb protocol. */
function makeRepository(parent: string): string {
  const [work, site] = [join(parent, 'work'), join(parent, 'git')]
  const git = ['git', '-c', 'user.name=a', '-c', 'user.email=a@example.org', '-c', 'init.defaultBranch=main', '-C', work]
  mkdirSync(work)
  runCommand([...git, 'init', '--quiet'])
  runCommand([...git, 'commit', '--quiet', '--allow-empty', '-m', 'first'])
  runCommand(['git', 'clone', '--quiet', '--bare', work, join(site, 'project.git')])
  runCommand(['git', '-C', join(site, 'project.git'), 'update-server-info'])
  return site
}

function makeKeys(folder: string): string {
  for (const name of ['host', 'client']) runCommand(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)])
  return join(folder, 'client')
}

function writeSshdConfig(folder: string): string {
  const file = join(folder, 'sshd_config')
  mkdirSync('/run/sshd', { recursive: true })
  const lines = [`ListenAddress ${GIT}:22`, `HostKey ${folder}/host`, `AuthorizedKeysFile ${folder}/client.pub`]
  writeFileSync(file, [...lines, 'StrictModes no', 'UsePAM no', 'PidFile none', 'PermitRootLogin prohibit-password', ''].join('\n'))
  chmodSync(folder, 0o755)
  return file
}

/** With the sandbox's resolver, and nothing of ours in its environment. */
async function runInside({ inside }: Sandbox, command: readonly string[], home: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const [program, ...words] = inside(command)
  const child = spawn(program!, words, {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const pieces: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => pieces.push(piece.toString()))
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000)
  const [code] = await once(child, 'close')
  clearTimeout(timer)
  if (code !== 0) throw new Error(`${command.join(' ')}: exit ${code}: ${pieces.join('')}`)
}
