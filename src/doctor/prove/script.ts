// Programs of one line that an attack has others run, and acts whose refusal is an outcome like any other.

/** Node's code that sends a datagram. */
export function sendingScript(address: string, port: number, payload: Uint8Array): string {
  const type = address.includes(':') ? 'udp6' : 'udp4'
  const octets = Buffer.from(payload).toString('hex')
  return `const s = require('node:dgram').createSocket('${type}'); s.send(Buffer.from('${octets}', 'hex'), ${port}, '${address}', () => s.close())`
}

/** Does what may be forbidden: the error is the outcome. */
export function quietly(act: () => unknown): void {
  try {
    act()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error
  }
}
