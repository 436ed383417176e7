/** Why no upstream answered: silence until the last try, a refused or broken connection, nobody to ask, too much in flight already. */
export type UpstreamFailure = 'timeout' | 'network' | 'no-server' | 'overload'

/** An exchange that brought no answer. A SERVFAIL of the upstream's own is an answer. */
export class UpstreamError extends Error {
  readonly kind: UpstreamFailure

  constructor(kind: UpstreamFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'UpstreamError'
    this.kind = kind
  }
}
