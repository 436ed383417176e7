import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface KnotOptions {
  readonly address: string
  readonly port: number
  readonly folder: string
  /** Presentation text, absolute names. */
  readonly records: readonly string[]
  /** Whoever comes without a cookie of ours over UDP is told so, and gets no answer (mod-cookies, badcookie-slip: 1). */
  readonly wantsCookies?: boolean
}

/** A real authoritative server (Knot DNS) for the whole tree. */
export async function startKnot(options: KnotOptions): Promise<{ close(): Promise<void> }> {
  const folder = join(options.folder, 'knot')
  mkdirSync(folder)
  const apex = ['. 3600 IN SOA ns.invalid. hostmaster.invalid. 1 3600 600 86400 60', '. 3600 IN NS ns.invalid.']
  writeFileSync(join(folder, 'root.zone'), `${[...apex, ...options.records].join('\n')}\n`)
  const file = join(folder, 'knot.conf')
  writeFileSync(file, configuration(folder, options))
  const knot = spawn('knotd', ['-c', file], { stdio: ['ignore', 'pipe', 'pipe'] })
  const exit = once(knot, 'exit')
  await Promise.race([
    started(knot.stdout),
    exit.then(() => {
      throw new Error('knotd ended at its start')
    }),
  ])
  return {
    close: async () => {
      knot.kill('SIGTERM')
      await exit
    },
  }
}

async function started(output: NodeJS.ReadableStream): Promise<void> {
  for await (const line of createInterface({ input: output })) {
    if (line.includes('server started')) break
  }
  output.resume()
}

function configuration(folder: string, { address, port, wantsCookies = false }: KnotOptions): string {
  return `server:
    listen: ${address}@${port}
    rundir: ${folder}
    user: ${process.getuid!() === 0 ? 'root' : ''}
database:
    storage: ${folder}
log:
  - target: stdout
    any: info
mod-cookies:
  - id: strict
    badcookie-slip: 1
template:
  - id: default
    storage: ${folder}
    zonefile-load: whole
    journal-content: none
    ${wantsCookies ? 'global-module: mod-cookies/strict' : ''}
zone:
  - domain: .
    file: root.zone
`
}
