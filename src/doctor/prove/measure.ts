// What the control costs, seen from inside the sandbox: dns2's client asks, and the address is connected to at once.
import { connect } from 'node:net'
import { UDPClient } from 'dns2'

export interface Durations {
  /** A name that nobody has asked for: to the upstream and back. */
  readonly askMs: readonly number[]
  /** The same name again. */
  readonly askAgainMs: readonly number[]
  /** From the question for a new name to the connection. */
  readonly connectMs: readonly number[]
}

/** Throws what dns2's client throws, and where an address is not reached. */
export async function measure(server: string, names: readonly string[]): Promise<Durations> {
  const ask = UDPClient({ dns: server, timeout: 2_000 })
  const [askMs, askAgainMs, connectMs]: [number[], number[], number[]] = [[], [], []]
  for (const name of names) {
    const started = performance.now()
    const address = (await ask(name, 'A')).answers[0]?.address
    const answered = performance.now()
    if (address === undefined) throw new Error(`${name} has no address`)
    await reach(address)
    const reached = performance.now()
    await ask(name, 'A')
    askMs.push(answered - started)
    connectMs.push(reached - started)
    askAgainMs.push(performance.now() - reached)
  }
  return { askMs, askAgainMs, connectMs }
}

function reach(address: string): Promise<void> {
  const socket = connect({ host: address, port: 443, timeout: 2_000 })
  return new Promise((resolve, reject) => {
    socket.on('connect', () => resolve(void socket.destroy()))
    socket.on('timeout', () => reject(new Error(`${address} is not reached`)))
    socket.on('error', reject)
  })
}
