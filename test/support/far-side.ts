// What a workload talks to, run in the internet: a package registry and a git server over HTTPS, APIs over TCP and UDP.
// Argument: FarSide, as JSON. Says "ready" when all of it listens.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createTls } from 'node:https'
import { createServer as createTcp } from 'node:net'
import { join, normalize } from 'node:path'

export interface FarSide {
  /** PEM files. */
  readonly certificate: string
  readonly key: string
  /** Folders of static files, by the address that serves them on tcp/443. */
  readonly sites: Readonly<Record<string, string>>
  /** "192.0.2.1 tcp/7999": echoes what it hears. */
  readonly echoes: readonly string[]
}

const { certificate, key, sites, echoes } = JSON.parse(process.argv[2]!) as FarSide

for (const [address, folder] of Object.entries(sites)) {
  const server = createTls({ cert: readFileSync(certificate), key: readFileSync(key) }, ({ url }, response) => {
    const path = normalize(decodeURIComponent(new URL(url!, 'https://site').pathname))
    try {
      response.end(readFileSync(join(folder, path)))
    } catch {
      response.writeHead(404).end()
    }
  })
  await once(server.listen(443, address), 'listening')
}

for (const echo of echoes) {
  const [address, protocol, port] = echo.split(/[ /]/) as [string, string, string]
  if (protocol === 'tcp') {
    const server = createTcp((socket) => void socket.on('error', () => {}).pipe(socket))
    await once(server.listen(Number(port), address), 'listening')
  } else {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    socket.on('message', (message, { port: source, address: sender }) => socket.send(message, source, sender))
    socket.bind(Number(port), address)
    await once(socket, 'listening')
  }
}
console.log('ready')
