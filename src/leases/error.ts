/** The peer does not speak the protocol. The connection is of no further use. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}

const SHOWN_CHARACTERS = 80

export function wrong(what: string, expected: string, got: unknown): ProtocolError {
  return new ProtocolError(`${what}: expected ${expected}, got ${show(got)}`)
}

/** What was got, and not megabytes of it. Of an object no more than its keys: it may be nested so deeply that to write it out ends the process. */
export function show(value: unknown): string {
  const text = typeof value === 'object' && value !== null ? shapeOf(value) : (JSON.stringify(value) ?? 'nothing')
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`
}

function shapeOf(value: object): string {
  return Array.isArray(value) ? `a list of ${value.length}` : `an object of ${Object.keys(value).join(', ') || 'nothing'}`
}
