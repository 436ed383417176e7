// An upstream resolver for the host's tests, played by dns2's server: an independent witness of what we send and understand.
import { createServer, type default as dns2, Packet as Message } from 'dns2'

/** One address record or CNAME, or a record of a type that dns2 does not know, with its RDATA. */
export type UpstreamRecord =
  | { readonly name: string; readonly ttl: number; readonly type: 'A' | 'AAAA'; readonly address: string }
  | { readonly name: string; readonly ttl: number; readonly type: 'CNAME'; readonly domain: string }
  | { readonly name: string; readonly ttl: number; readonly type: number; readonly rdata: Buffer }

export interface UpstreamAnswer {
  readonly answers: readonly UpstreamRecord[]
  readonly additionals?: readonly UpstreamRecord[]
}

/** Says what a name and type have; no answers is NODATA. The name is in lower case. */
export type Script = (name: string, type: string) => UpstreamAnswer

export interface Upstream {
  close(): Promise<void>
}

/** Answers over UDP and TCP on each of the addresses. */
export async function startUpstream(addresses: readonly string[], port: number, script: Script): Promise<Upstream> {
  const servers = await Promise.all(addresses.map((address) => startServer(address, port, script)))
  return { close: async () => void (await Promise.all(servers.map((server) => server.close()))) }
}

async function startServer(address: string, port: number, script: Script) {
  const udp = { type: address.includes(':') ? 'udp6' : 'udp4' } as const
  const server = createServer({ udp, tcp: true, handle: answerer(script) })
  server.on('requestError', () => undefined)
  await server.listen({ udp: { port, address }, tcp: { port, address } })
  return server
}

function answerer(script: Script): dns2.DnsHandler {
  return (query, send) => {
    const response = Message.createResponseFromRequest(query)
    const [question] = query.questions
    if (question !== undefined) {
      const { answers, additionals = [] } = script(question.name.toLowerCase(), Message.typeName(question.type))
      // The owner is spelt as it was asked for, whatever its case.
      const spell = (record: UpstreamRecord) => (record.name === question.name.toLowerCase() ? { ...record, name: question.name } : record)
      response.answers.push(...answers.map((record) => encodable(spell(record))))
      response.additionals.push(...additionals.map((record) => encodable(spell(record))))
    }
    send(response).catch(() => undefined)
  }
}

function encodable(record: UpstreamRecord): dns2.Packet.Resource {
  const type = typeof record.type === 'number' ? record.type : Message.TYPE[record.type]
  return Object.assign(new Message.Resource(record.name, type, Message.CLASS.IN, record.ttl), contentOf(record))
}

function contentOf(record: UpstreamRecord): object {
  if ('rdata' in record) return { data: record.rdata }
  return record.type === 'CNAME' ? { domain: record.domain } : { address: record.address }
}

/** The question of a message as dns2 reads it; undefined where it cannot. */
export function questionOf(octets: Buffer): { readonly name: string; readonly type: string } | undefined {
  try {
    const [question] = Message.parse(octets).questions
    return question === undefined ? undefined : { name: question.name, type: Message.typeName(question.type) }
  } catch (error) {
    if (error instanceof Message.DecodeError) return undefined
    throw error
  }
}
