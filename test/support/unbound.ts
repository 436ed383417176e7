import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Certificate } from './certificate.ts'

/** A real resolver (Unbound) on loopback that serves records of its own over UDP, TCP, TLS and HTTPS. */
export interface Unbound {
  readonly port: number
  readonly tlsPort: number
  readonly httpsPort: number
  close(): Promise<void>
}

export interface UnboundOptions {
  readonly certificate: Certificate
  /** Presentation text, absolute names. */
  readonly records: readonly string[]
  /** Asked for all else, "127.0.0.9@53", and what comes from there is validated by this DS or DNSKEY record. */
  readonly validation?: { readonly authority: string; readonly anchor: string }
}

export async function startUnbound({ certificate, records, validation }: UnboundOptions): Promise<Unbound> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-unbound-'))
  const [port, tlsPort, httpsPort] = await freePorts(3)
  const data = records.map((record) => `  local-data: '${record}'`).join('\n')
  const listen = [port, tlsPort, httpsPort].map((each) => `  interface: 127.0.0.1@${each}`).join('\n')
  const file = join(folder, 'unbound.conf')
  const text = `server:
${listen}
  tls-port: ${tlsPort}
  https-port: ${httpsPort}
  tls-service-key: "${certificate.key}"
  tls-service-pem: "${certificate.file}"
  username: ""
  chroot: ""
  directory: "${folder}"
  pidfile: "${folder}/unbound.pid"
  use-syslog: no
  do-daemonize: no
  num-threads: 1
${validation === undefined ? OF_ITS_OWN : validating(validation.anchor)}
${data}
${validation === undefined ? '' : `stub-zone:\n  name: "."\n  stub-addr: ${validation.authority}`}
remote-control:
  control-enable: no
`
  writeFileSync(file, text)
  const unbound = spawn('unbound', ['-d', '-v', '-c', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  await started(unbound.stderr, once(unbound, 'exit'))
  const close = async (): Promise<void> => {
    const exit = once(unbound, 'exit')
    unbound.kill('SIGTERM')
    await exit
    rmSync(folder, { recursive: true })
  }
  return { port: port!, tlsPort: tlsPort!, httpsPort: httpsPort!, close }
}

const OF_ITS_OWN = `  module-config: "iterator"
  local-zone: "." static`

function validating(anchor: string): string {
  return `  module-config: "validator iterator"
  ede: yes
  do-not-query-localhost: no
  trust-anchor: "${anchor}"`
}

async function started(stderr: NodeJS.ReadableStream, exit: Promise<unknown>): Promise<void> {
  const seen: string[] = []
  const said = new Promise<void>((resolve) => {
    createInterface({ input: stderr }).on('line', (line) => {
      seen.push(line)
      if (line.includes('start of service')) resolve()
    })
  })
  const ended = exit.then(() => {
    throw new Error(`unbound ended: ${seen.join('\n')}`)
  })
  await Promise.race([said, ended])
  ended.catch(() => {})
}

/** Ports that nobody listens on now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  for (const server of servers) server.close()
  return ports
}
