import type { VerdictCounts } from './counters.ts'
import type { Address, Client, Policy } from './ports.ts'

/** Who asks, and from where: a client may have several addresses. */
export interface Asker {
  readonly client: Client
  readonly source: Address
  /** Of its queries, where it has a name. */
  readonly counts?: VerdictCounts
}

export interface AskerPorts {
  parse(text: string): Address | undefined
  policy(): Policy
  /** May whoever has no name ask from there? `zone` is the interface of a link-local address. */
  admits(source: Address, zone: string | undefined): boolean
  /** Where the queries of a client with that name are counted. */
  countsOf(name: string): VerdictCounts
}

const MOST_REMEMBERED = 4096

/**
 * Finds who asks by the source address as sockets print it, "fe80::1%eth0" included; undefined: nobody who may. Remembers clients as
 * long as the policy stands; whoever is turned away may be on an interface that has yet to appear, and is looked up each time.
 */
export function createAskers({ parse, policy, admits, countsOf }: AskerPorts): (source: string) => Asker | undefined {
  let known = new Map<string, Asker>()
  let since: Policy | undefined
  /** Mostly the same asks again, and needs no probe. */
  let lastText: string | undefined
  let lastAsker: Asker | undefined

  function find(text: string): Asker | undefined {
    const [address, zone] = text.split('%') as [string, string?]
    const source = parse(address)
    if (source === undefined) return undefined
    const behind = zone === undefined ? undefined : policy().clientBehind(zone)
    // What it asks for is opened for its other addresses, as far as they are known.
    if (behind !== undefined) return { client: behind, source: behind.addresses[0] ?? source, counts: countsOf(behind.id) }
    const client = policy().clientAt(source)
    if (client.named) return { client, source, counts: countsOf(client.id) }
    return admits(source, zone) ? { client, source } : undefined
  }

  function remember(text: string): Asker | undefined {
    const asker = find(text)
    if (asker !== undefined) known.set(text, asker)
    return asker
  }

  return (text) => {
    const inForce = policy()
    if (inForce !== since || known.size > MOST_REMEMBERED) {
      known = new Map()
      since = inForce
      lastText = undefined
    }
    if (text === lastText) return lastAsker
    const asker = known.get(text) ?? remember(text)
    if (asker === undefined) return undefined
    lastText = text
    lastAsker = asker
    return asker
  }
}
