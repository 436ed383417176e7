// A machine of the tests that systemd has booted: systemd-nspawn(1) on a file system of its own, in a network namespace of the tests.
import { type ChildProcess, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { unpackBaseSystem } from './base-system.ts'
import { PROJECT } from './docker.ts'
import { type Namespace, runCommand } from './namespace.ts'

export interface Machine {
  /** What systemd has printed on the console. */
  console(): string
  close(): Promise<void>
}

export interface MachineOptions {
  readonly namespace: Namespace
  /** The machine's root is made in it. */
  readonly folder: string
  /** Text by path, beside what a package of sallyport would install. */
  readonly files: Readonly<Record<string, string>>
}

const UNITS = {
  'sallyport-updater.service': 'sysinit.target.wants',
  'sallyport-resolver.service': 'multi-user.target.wants',
  'sallyport-ship.service': 'multi-user.target.wants',
} as const
/** Of development alone, and large. */
const LEFT_OUT = /node_modules\/(?:node|typescript|@typescript|@biomejs|esbuild|@esbuild|\.bin)(?:\/|$)/

/** Boots it with sallyport installed and its units enabled. */
export function bootMachine({ namespace, folder, files }: MachineOptions): Machine {
  const root = join(folder, 'machine')
  unpackBaseSystem(root)
  install(root)
  for (const [path, text] of Object.entries(files)) write(join(root, path), text)
  const words = [
    '--quiet',
    '--register=no',
    '--keep-unit',
    '--console=read-only',
    '--capability=CAP_NET_ADMIN',
    `--network-namespace-path=/run/netns/${namespace.name}`,
  ]
  const nspawn = namespace.spawn(['systemd-nspawn', ...words, `--directory=${root}`, '--boot'], { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [nspawn.stdout!, nspawn.stderr!]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
  }
  return { console: () => text, close: () => powerOff(nspawn) }
}

function install(root: string): void {
  const place = join(root, 'opt/sallyport')
  mkdirSync(place, { recursive: true })
  runCommand(['npm', '--prefix', PROJECT, 'run', '--silent', 'bundle', '--', `--outdir=${join(place, 'dist')}`])
  for (const part of ['package.json', 'bin', 'zones']) cpSync(join(PROJECT, part), join(place, part), { recursive: true })
  cpSync(join(PROJECT, 'node_modules'), join(place, 'node_modules'), { recursive: true, filter: (path) => !LEFT_OUT.test(path) })
  symlinkSync('/opt/sallyport/bin/sallyport', join(root, 'usr/local/bin/sallyport'))
  const systemd = join(PROJECT, 'deploy/systemd')
  cpSync(join(systemd, 'sallyport.sysusers.conf'), join(root, 'usr/lib/sysusers.d/sallyport.conf'))
  for (const [unit, target] of Object.entries(UNITS)) {
    cpSync(join(systemd, unit), join(root, 'etc/systemd/system', unit))
    mkdirSync(join(root, 'etc/systemd/system', target), { recursive: true })
    symlinkSync(`../${unit}`, join(root, 'etc/systemd/system', target, unit))
  }
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** SIGTERM to systemd-nspawn is a clean shutdown of what it has booted. */
async function powerOff(nspawn: ChildProcess): Promise<void> {
  if (nspawn.exitCode !== null || nspawn.signalCode !== null) return
  const exit = once(nspawn, 'exit')
  nspawn.kill('SIGTERM')
  await exit
}

/** The process ids of sallyport's part in the namespace: a machine's processes are seen from outside. */
export function partIn(namespace: Namespace, part: 'resolver' | 'updater'): number | undefined {
  const pids = spawnSync('pgrep', ['--full', `sallyport/dist/main.js ${part}`], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter(Boolean)
  const inside = new Set(namespace.run(['ip', 'netns', 'pids', namespace.name]).split('\n'))
  return pids.filter((pid) => inside.has(pid)).map(Number)[0]
}
