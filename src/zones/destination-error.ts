/** What somebody names is no destination; the message says what to write instead. Apart from what throws it: whoever starts needs no list of public suffixes (bench/start). */
export class DestinationError extends Error {
  override readonly name = 'DestinationError'
}
