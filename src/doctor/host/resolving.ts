// Names on this host: whom they are asked of, and whether our port is free.
import { createSocket } from 'node:dgram'
import type { Config, UpstreamSetting } from '../../config/config.ts'
import { wantedEndpoints } from '../../daemon/listen.ts'
import { type Endpoint, formatEndpoint } from '../../net/endpoint.ts'
import { readSystemServers } from '../../upstream/resolv-conf.ts'
import { askOverUdp, encodeQuestion } from '../question.ts'
import { bad, doubtful, good, type HostFinding } from './finding.ts'

const ANSWER_MS = 2_000
const RCODE_WORDS: Readonly<Record<number, string>> = { 2: 'SERVFAIL', 5: 'REFUSED' }

export async function examineResolving(config: Config, isRunning: boolean): Promise<readonly HostFinding[]> {
  const { upstreams } = config.resolver
  const system = readSystemServers()
  const servers = [...plainServers(upstreams), ...(upstreams.some(({ kind }) => kind === 'system') ? system.servers : [])]
  const ports = isRunning ? [good('ports', 'sallyport itself listens')] : await Promise.all(wantedEndpoints(config).map(examinePort))
  return [examineResolvConf(config, system), ...(await Promise.all(servers.map(examineUpstream))), ...ports]
}

function plainServers(upstreams: readonly UpstreamSetting[]): readonly Endpoint[] {
  return upstreams.flatMap((upstream) => (upstream.kind === 'plain' ? [upstream.endpoint] : []))
}

function examineResolvConf({ resolver }: Config, { servers, unusable }: ReturnType<typeof readSystemServers>): HostFinding {
  const topic = 'resolv.conf'
  if (unusable.length > 0)
    return doubtful(
      topic,
      `cannot be asked: ${unusable.join(', ')}`,
      'write plain addresses into /etc/resolv.conf, or set resolver.upstreams',
    )
  if (!resolver.upstreams.some(({ kind }) => kind === 'system')) return good(topic, 'is not used: resolver.upstreams says whom to ask')
  return servers.length > 0
    ? good(topic, `names ${servers.map(formatEndpoint).join(', ')}`)
    : bad(
        topic,
        'names no server, and resolver.upstreams is system: allowed names cannot be forwarded',
        'sallyport up --upstream 9.9.9.9, or resolver.upstreams in the settings',
      )
}

/** One question over UDP, asked with dns2's client. */
async function examineUpstream(endpoint: Endpoint): Promise<HostFinding> {
  const [topic, server] = [`upstream ${formatEndpoint(endpoint)}`, endpoint.address]
  const mend = 'set resolver.upstreams to a resolver that answers this host'
  const started = performance.now()
  const reply = await askOverUdp(encodeQuestion('example.com', 'A'), { server, port: endpoint.port, timeoutMs: ANSWER_MS })
  if (reply === undefined) return bad(topic, `does not answer within ${ANSWER_MS} ms`, mend)
  const failure = RCODE_WORDS[reply.rcode]
  if (failure !== undefined) return doubtful(topic, `answers ${failure} for example.com`, mend)
  return good(topic, `answers in ${(performance.now() - started).toFixed(1)} ms`)
}

function examinePort({ address, port }: { readonly address: string; readonly port: number }): Promise<HostFinding> {
  const topic = `port ${port}`
  const place = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', ipv6Only: address.includes(':') })
  return new Promise((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close()
      if (error.code === 'EADDRNOTAVAIL') resolve(doubtful(topic, `${address} is not an address of this host now`, 'ip -brief address'))
      else if (error.code === 'EACCES')
        resolve(bad(topic, `${place} is not for this user`, 'sudo sallyport up, or setcap cap_net_bind_service'))
      else
        resolve(
          bad(topic, `${place} is taken by another program`, `ss -lunp 'sport = :${port}', stop that program, or set resolver.listen`),
        )
    })
    socket.bind(port, address, () => socket.close(() => resolve(good(topic, `${place} is free`))))
  })
}
