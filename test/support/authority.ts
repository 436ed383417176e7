import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Namespace } from './namespace.ts'

/** A real authoritative server (NSD) for the whole tree, run as the upstream of the tests. */
export interface Authority {
  /** Replaces all records, and returns when they are served. */
  publish(records: readonly string[]): Promise<void>
  close(): Promise<void>
}

export interface AuthorityOptions {
  readonly namespace: Pick<Namespace, 'spawn'>
  readonly addresses: readonly string[]
  readonly folder: string
  /** Presentation text, absolute names: "www.example.org. 60 IN A 192.0.2.1". */
  readonly records: readonly string[]
  readonly port?: number
  /** Lines for its `server:` section. */
  readonly settings?: readonly string[]
}

let serial = 0

export async function startAuthority(options: AuthorityOptions): Promise<Authority> {
  const { namespace, folder } = options
  const zone = join(folder, 'root.zone')
  const config = join(folder, 'nsd.conf')
  writeZone(zone, options.records)
  writeFileSync(config, configuration(options, zone))
  const nsd = namespace.spawn(['nsd', '-d', '-V', '2', '-c', config], { stdio: ['ignore', 'ignore', 'pipe'] })
  const lines = createInterface({ input: nsd.stderr! })
  await logged(lines, nsd, /nsd started/)
  const publish = async (records: readonly string[]): Promise<void> => {
    writeZone(zone, records)
    const reloaded = logged(lines, nsd, new RegExp(`zone \\. read with success|serial ${serial}`))
    nsd.kill('SIGHUP')
    await reloaded
  }
  return { publish, close: () => end(nsd) }
}

function writeZone(file: string, records: readonly string[]): void {
  serial++
  const apex = [`. 3600 IN SOA ns.invalid. hostmaster.invalid. ${serial} 3600 600 86400 60`, '. 3600 IN NS ns.invalid.']
  writeFileSync(file, `${[...apex, ...records].join('\n')}\n`)
}

/** Rate limiting off: the tests ask for one name faster than any crowd of clients. */
function configuration({ addresses, folder, port = 53, settings = [] }: AuthorityOptions, zone: string): string {
  const lines = addresses.map((address) => `  ip-address: ${address}@${port}`).join('\n')
  return `server:
${lines}
  server-count: 1
${settings.map((line) => `  ${line}\n`).join('')}  username: ""
  chroot: ""
  zonesdir: "${folder}"
  pidfile: "${folder}/nsd.pid"
  xfrdfile: "${folder}/xfrd.state"
  zonelistfile: "${folder}/zone.list"
  xfrdir: "${folder}"
  database: ""
  rrl-ratelimit: 0
  tcp-count: 500
remote-control:
  control-enable: no
zone:
  name: "."
  zonefile: "${zone}"
`
}

function logged(lines: ReturnType<typeof createInterface>, nsd: ChildProcess, pattern: RegExp): Promise<void> {
  const seen: string[] = []
  return new Promise((resolve, reject) => {
    const failed = (): void => reject(new Error(`nsd ended: ${seen.join('\n')}`))
    nsd.once('exit', failed)
    lines.on('line', function look(line: string) {
      seen.push(line)
      if (!pattern.test(line)) return
      lines.off('line', look)
      nsd.off('exit', failed)
      resolve()
    })
  })
}

async function end(nsd: ChildProcess): Promise<void> {
  if (nsd.exitCode !== null || nsd.signalCode !== null) return
  const exit = once(nsd, 'exit')
  nsd.kill('SIGTERM')
  await exit
}
