import { randomBytes } from 'node:crypto'
import { type Name, parseName } from '../dns/name.ts'

/**
 * Tells a server that forwards to us from one that is slow. What we ask such a server comes back to our own door, where
 * it waits for the answer that it is itself the way to: so it looks silent. A silent server is asked for a name that
 * nobody else can know; if that name is asked of us, the server led it here.
 *
 * The names lie below example.net, which every forwarder forwards (RFC 6761 section 6.5); `.invalid` and `.test` are often kept back.
 */
export interface LoopProbes {
  /** A name for one probe; `onReturn` is called when it comes back. */
  issue(onReturn: () => void): Name
  withdraw(name: Name): void
  /** Whether a name asked of us is one of those out. Cheap when none is. */
  recognize(name: Name): boolean
}

export function createLoopProbes(): LoopProbes {
  const out = new Map<Name, () => void>()
  return {
    issue(onReturn) {
      const name = parseName(`sallyport-loop-${randomBytes(16).toString('hex')}.example.net`)
      out.set(name, onReturn)
      return name
    },
    withdraw: (name) => void out.delete(name),
    recognize(name) {
      const onReturn = out.size === 0 ? undefined : out.get(name)
      onReturn?.()
      return onReturn !== undefined
    },
  }
}
