import type { Address, Client, Policy } from './ports.ts'

/** Who asks, and from where: a client may have several addresses. */
export interface Asker {
  readonly client: Client
  readonly source: Address
}

export interface AskerPorts {
  parse(text: string): Address | undefined
  policy(): Policy
}

const MOST_REMEMBERED = 4096

/** Finds who asks by the source address as sockets print it, "fe80::1%eth0" included. Remembers them as long as the policy stands. */
export function createAskers({ parse, policy }: AskerPorts): (source: string) => Asker | undefined {
  let known = new Map<string, Asker>()
  let since: Policy | undefined

  function find(text: string): Asker | undefined {
    const zone = text.indexOf('%')
    const source = parse(zone < 0 ? text : text.slice(0, zone))
    return source === undefined ? undefined : { client: policy().clientAt(source), source }
  }

  return (text) => {
    const inForce = policy()
    if (inForce !== since || known.size > MOST_REMEMBERED) {
      known = new Map()
      since = inForce
    }
    const asker = known.get(text) ?? find(text)
    if (asker !== undefined) known.set(text, asker)
    return asker
  }
}
