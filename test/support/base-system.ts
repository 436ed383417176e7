// Debian's base system with the pinned Node.js: what containers and machines of the tests are made of.
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { runCommand } from './namespace.ts'

/** It takes a minute to make, so it is kept from run to run. */
const CACHE = '/var/cache/sallyport-test'
const PACKAGES = ['systemd', 'systemd-sysv', 'dbus']
export const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'

/** The path of an archive (tar) of a whole file system: Debian, systemd, Node.js, this machine's npm and the certificates that it trusts. */
export function baseSystem(): string {
  const archive = join(CACHE, `base-${process.version}.tar`)
  if (!existsSync(archive)) makeArchive(archive)
  return archive
}

/** Unpacks it into `folder`. */
export function unpackBaseSystem(folder: string): void {
  mkdirSync(folder)
  runCommand(['tar', '--directory', folder, '--extract', '--preserve-permissions', '--file', baseSystem()])
}

function makeArchive(archive: string): void {
  const tree = `${archive}.tree`
  rmSync(tree, { recursive: true, force: true })
  mkdirSync(CACHE, { recursive: true })
  runCommand(['debootstrap', '--variant=minbase', `--include=${PACKAGES.join(',')}`, 'bookworm', tree])
  rmSync(join(tree, 'var/cache/apt/archives'), { recursive: true })
  addNode(tree)
  mkdirSync(dirname(join(tree, CERTIFICATES)), { recursive: true })
  if (existsSync(CERTIFICATES)) cpSync(CERTIFICATES, join(tree, CERTIFICATES))
  runCommand(['tar', '--directory', tree, '--create', '--file', `${archive}.new`, '.'])
  rmSync(tree, { recursive: true })
  renameSync(`${archive}.new`, archive)
}

function addNode(tree: string): void {
  const npm = join(tree, 'usr/local/bin/npm')
  cpSync(process.execPath, join(tree, 'usr/local/bin/node'))
  cpSync(join(runCommand(['npm', 'root', '--global']).trim(), 'npm'), join(tree, 'usr/local/lib/npm'), { recursive: true })
  writeFileSync(npm, '#!/bin/sh\nexec node /usr/local/lib/npm/bin/npm-cli.js "$@"\n', { mode: 0o755 })
}
