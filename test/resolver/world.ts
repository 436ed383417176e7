// A resolver with everything around it made of plain functions: a scripted upstream, a kernel that is a map, a clock that stands still.

import packet, { type Packet, type PacketRecord } from 'dns-packet'
import { decodeAnswer } from '../../src/dns/answer.ts'
import { parseName } from '../../src/dns/name.ts'
import { parseType } from '../../src/dns/vocabulary.ts'
import { parseAddress } from '../../src/net/address.ts'
import { parsePrefix } from '../../src/net/prefix.ts'
import { type NameRules, NameRulesBuilder } from '../../src/policy/name-rules.ts'
import { buildPolicy, type Policy, type PolicyInput } from '../../src/policy/policy.ts'
import type { NameRule, PrefixRule, ZoneFile } from '../../src/policy/rule.ts'
import { createAskers } from '../../src/resolver/asker.ts'
import type { Overspending } from '../../src/resolver/budget.ts'
import { createVerdictCounts } from '../../src/resolver/counters.ts'
import { createLedger } from '../../src/resolver/ledger.ts'
import type { LeaseHolder, LeaseRequest, Question, ResolverOptions } from '../../src/resolver/ports.ts'
import { createResolver, PENDING } from '../../src/resolver/resolver.ts'
import { formatPattern } from '../../src/zones/name-text.ts'
import { encodeQuestion } from '../support/message.ts'

export const START = Date.UTC(2026, 0, 1)
export const CLIENT = '198.51.100.7'

/** "example.org", "*.example.org", "!example.org", "example.org types=TXT private until=MS", "!192.0.2.0/24". */
export function policyOf(entries: readonly string[], input: Partial<PolicyInput> = {}): Policy {
  const rules = entries.map(ruleOf)
  const file: ZoneFile = {
    file: 'test.zone',
    tier: 'app',
    clients: undefined,
    audit: false,
    names: pack(rules.filter((rule): rule is NameRule => 'name' in rule)),
    prefixes: rules.filter((rule): rule is PrefixRule => 'prefix' in rule),
    digest: entries.join('\n'),
  }
  return buildPolicy({ files: [file], clients: [], guard: 'none', audit: false, neverOpen: [], ...input })
}

function pack(rules: readonly NameRule[]): NameRules {
  const builder = new NameRulesBuilder('test.zone')
  for (const { name, place, text, ...terms } of rules) {
    const octets = Buffer.from(formatPattern({ name, wildcard: terms.wildcard }))
    const [word, ...options] = text.split(' ')
    builder.add({ octets, from: 0, to: octets.length }, builder.addTerms({ ...terms, options: options.join(' ') }), place.line, word)
  }
  return builder.rules
}

function ruleOf(text: string, index: number): NameRule | PrefixRule {
  const [subject = '', ...options] = text.split(' ')
  const bare = subject.replace('!', '')
  const option = (name: string) => options.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1)
  const until = option('until')
  const rule = {
    kind: subject.startsWith('!') ? 'deny' : 'allow',
    ports: [{ protocol: 'tcp', first: 443, last: 443 }],
    private: options.includes('private'),
    until: until === undefined ? undefined : Number(until),
    tier: 'app',
    place: { file: 'test.zone', line: index + 1 },
    text,
  } as const
  const prefix = parsePrefix(bare)
  if (prefix !== undefined) return { ...rule, prefix }
  const types = (option('types') ?? '').split(',').flatMap((type) => parseType(type) ?? [])
  return { ...rule, name: parseName(bare.replace('*.', '')), wildcard: bare.startsWith('*.'), types }
}

/** A response to the question, from records as dns-packet has them. */
export function respond(question: Question, response: Partial<Packet> & { readonly rcodeNumber?: number }): Uint8Array {
  const { rcodeNumber = 0, ...rest } = response
  const questions = [{ name: question.name, type: 'A', class: 'IN' }]
  const octets = packet.encode({ type: 'response', id: 0, flags: 0x180 | rcodeNumber, questions, ...rest })
  const typeAt = octets.indexOf(0, 12) + 1
  octets.writeUInt16BE(question.type, typeAt)
  return new Uint8Array(octets)
}

export function a(name: string, data: string, ttl = 300): PacketRecord {
  return { name, type: data.includes(':') ? 'AAAA' : 'A', ttl, data }
}

export function cname(name: string, data: string, ttl = 300): PacketRecord {
  return { name, type: 'CNAME', ttl, data }
}

export function soa(name: string, minimum = 60, ttl = 600): PacketRecord {
  const data = { mname: `ns.${name}`, rname: `hostmaster.${name}`, serial: 1, refresh: 2, retry: 3, expire: 4, minimum }
  return { name, type: 'SOA', ttl, data }
}

export type Script = (question: Question) => Uint8Array | Promise<Uint8Array>

/** Opens what it is asked to and remembers it, as the updater and the kernel do together. */
export function createKernel(now: () => number) {
  const openUntil = new WeakMap<LeaseHolder, Map<string, number>>()
  const kernel = {
    requests: [] as LeaseRequest[],
    /** Called before each opening; may throw, may wait. */
    before: async (_request: LeaseRequest): Promise<void> => {},
    leases: {
      covers: (holder: LeaseHolder, client: { readonly id: string }, until: number) =>
        (openUntil.get(holder)?.get(client.id) ?? 0) >= until,
      open: async (holder: LeaseHolder, request: LeaseRequest) => {
        kernel.requests.push(request)
        await kernel.before(request)
        const until = now() + (Math.max(request.ttlSeconds, 60) + 60) * 1000
        openUntil.set(holder, (openUntil.get(holder) ?? new Map<string, number>()).set(request.client.id, until))
      },
    },
  }
  return kernel
}

export class RefusedLease extends Error {
  readonly reason: string

  constructor(reason: string) {
    super(reason)
    this.reason = reason
  }
}

export function createWorld(entries: readonly string[], script: Script, options: Partial<ResolverOptions> = {}) {
  let time = START
  const now = () => time
  const kernel = createKernel(now)
  const asked: Question[] = []
  const denied: string[] = []
  const screened: string[] = []
  const overspent: Overspending[] = []
  const resolver = createResolver({
    policy: policyOf(entries),
    upstream: {
      exchange: async (question) => {
        const { name, type, dnssecOk } = question
        asked.push({ name, type, dnssecOk })
        return { answer: decodeAnswer(await script(question), question) }
      },
    },
    leases: kernel.leases,
    createLeaseHolder: () => ({ generation: 0 }),
    isOwnAddress: () => false,
    translated: () => undefined,
    needsLease: () => true,
    now,
    wallClock: now,
    observer: {
      onDenied: (client, name, type, verdict) => denied.push(`${client.id} ${name} ${type} ${verdict.kind}`),
      onScreened: (_client, name, address, reason) => screened.push(`${name} ${address} ${reason}`),
      onForwardFailure: () => {},
      onOverspent: (overspending) => overspent.push(overspending),
    },
    maxTtlSeconds: 300,
    leaseMarginSeconds: 60,
    cacheOctets: 1 << 22,
    explain: true,
    budget: { names: 1000, octets: 65_536, enforce: false },
    ledger: createLedger(),
    staleSeconds: 0,
    prefetch: false,
    deadlineMs: 300,
    ...options,
  })
  const askerOf = createAskers({ parse: parseAddress, policy: () => resolver.policy, admits: () => true, countsOf: createVerdictCounts })
  const reply = new Uint8Array(65_535)

  /** What the client gets at once; undefined: it has to wait. */
  function askAtOnce(name: string, type = 'A', from = CLIENT): Packet | undefined {
    const query = encode(name, type)
    const length = resolver.answer(query, query.length, askerOf(from)!, reply, 'udp')
    return length === PENDING ? undefined : decode(reply.slice(0, length))
  }

  async function ask(name: string, type = 'A', from = CLIENT): Promise<Packet> {
    const query = encode(name, type)
    const length = resolver.answer(query, query.length, askerOf(from)!, reply, 'udp')
    if (length !== PENDING) return decode(reply.slice(0, length))
    return decode(await resolver.resolve(query, askerOf(from)!, 'udp'))
  }

  const pass = (seconds: number) => {
    time += seconds * 1000
  }
  return { resolver, kernel, asked, denied, screened, overspent, ask, askAtOnce, askerOf, pass }
}

/** By a codec that is not ours. */
export function decode(message: Uint8Array): Packet {
  return packet.decode(Buffer.from(message))
}

export function encode(name: string, type: string, edns = true): Uint8Array {
  return encodeQuestion(name, type, edns, 4711)
}

/** "A 192.0.2.1" for each answer. */
export function answersOf(message: Packet): string[] {
  return (message.answers ?? []).map(({ type, data }) => `${type} ${typeof data === 'string' ? data : JSON.stringify(data)}`)
}

/** Codes of Extended DNS Errors. */
export function edeOf(message: Packet): number[] {
  const opt = (message.additionals as PacketRecord[] | undefined)?.find(({ type }) => type === 'OPT')
  return (opt?.options ?? []).filter(({ code }) => code === 15).map(({ data }) => (data[0]! << 8) | data[1]!)
}
