/** The peer does not speak the protocol. The connection is of no further use. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}

const SHOWN_CHARACTERS = 80

export function wrong(what: string, expected: string, got: unknown): ProtocolError {
  return new ProtocolError(`${what}: expected ${expected}, got ${show(got)}`)
}

/** What was got, and not megabytes of it. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`
}
