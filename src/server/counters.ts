/** Plain numbers since start, raised in place. */
export interface ServerCounters {
  udpQueries: number
  /** Reads of whatever was waiting at a socket, up to 64 queries each. */
  udpBatches: number
  tcpQueries: number
  tcpConnections: number
  /** From sources that may not ask. */
  refused: number
  /** Failed at once because too many were waiting. */
  overloaded: number
  /** Replies that a full send queue had no room for, connections beyond the limit, and those that left too much unread. */
  dropped: number
  /** Bugs, caught at the border. */
  errors: number
}

export function createServerCounters(): ServerCounters {
  return { udpQueries: 0, udpBatches: 0, tcpQueries: 0, tcpConnections: 0, refused: 0, overloaded: 0, dropped: 0, errors: 0 }
}
