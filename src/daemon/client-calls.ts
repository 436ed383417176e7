import { type Membership, RosterError } from '../updater/updater.ts'
import { type Collection, ControlError } from './control.ts'

const STATUS = { invalid: 400, conflict: 409, unknown: 404, 'held up': 503 } as const

/** Calls that add and remove clients: `PUT` and `DELETE /clients/NAME`. */
export function clientCalls({ put, remove }: Membership): Collection {
  return { put: (name, wish, by) => explained(put(name, wish, by)), remove: (name, by) => explained(remove(name, by)) }
}

async function explained<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (cause) {
    if (cause instanceof RosterError) throw new ControlError(STATUS[cause.kind], cause.message, { cause })
    throw cause
  }
}
