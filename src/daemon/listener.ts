import type { Config } from '../config/config.ts'
import type { Logger } from '../log.ts'
import type { ListenError, Server } from '../server/server.ts'
import { followsInterfaces, wantedEndpoints } from './listen.ts'
import { StartError } from './start-error.ts'

/** Sandboxes ask as soon as their interface is there. */
const CHECK_MS = 250

export interface Listener {
  close(): void
}

/**
 * Opens what is to be listened on and follows the interfaces as they come and go. Throws StartError if an address that is
 * there is not to be had. `onChange` is called after each later change.
 */
export async function startListener(config: Config, server: Server, onChange: () => void, log: Logger): Promise<Listener> {
  const mayBeAbsent = config.resolver.listen === 'auto' || followsInterfaces(config)
  const absent = (error: ListenError) => mayBeAbsent && (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT')
  const errors = await server.setEndpoints(wantedEndpoints(config))
  const refused = errors.filter((error) => !absent(error))
  if (refused.length > 0) throw new StartError(refused.map(({ message }) => message).join('\n'))
  return followsInterfaces(config) ? followInterfaces(config, server, onChange, log) : { close() {} }
}

function followInterfaces(config: Config, server: Server, onChange: () => void, log: Logger): Listener {
  const said = new Set<string>()
  let settled = ''
  let isChecking = false

  async function check(): Promise<void> {
    const wanted = wantedEndpoints(config)
    const text = JSON.stringify(wanted)
    if (text === settled) return
    const errors = await server.setEndpoints(wanted)
    // A new IPv6 address cannot be bound until it is known to be unique (RFC 4862 section 5.4): tried again next time.
    settled = errors.every(({ endpoint }) => endpoint.address === '::1') ? text : ''
    for (const { message } of errors.filter((error) => !said.has(error.message))) {
      said.add(message)
      log.warn({}, message)
    }
    onChange()
  }

  const timer = setInterval(() => {
    if (isChecking) return
    isChecking = true
    void check().finally(() => {
      isChecking = false
    })
  }, CHECK_MS).unref()
  return { close: () => clearInterval(timer) }
}
