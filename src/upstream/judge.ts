import { HEADER_OCTETS } from '../dns/header.ts'
import { isTruncated, isUnread, matchesQuery } from '../dns/response.ts'

/**
 * What a message is to the query it claims to answer. `folded`: it does but for the letter case of the name, so either
 * the server does not keep case or a forger did not know it. `bare`: nothing vouches for it, as where it lacks the cookie
 * that the server has given before. `unread`: an error without the question, for which ID and port alone vouch: good for asking
 * again more simply, and for no answer. `wrong`: it answers something else.
 */
export type Judgement = 'whole' | 'truncated' | 'folded' | 'bare' | 'unread' | 'wrong'

export function judgeReply(reply: Uint8Array, query: Uint8Array): Judgement {
  if (matchesQuery(reply, reply.length, query)) return isTruncated(reply) ? 'truncated' : 'whole'
  if (isUnread(reply, reply.length, query)) return 'unread'
  return matchesQuery(withCaseOf(query, reply), reply.length, query) ? 'folded' : 'wrong'
}

/** A copy of the reply in which letters that differ from the query's by case only are the query's. A label's length is never taken for a letter: it is below 64. */
function withCaseOf(query: Uint8Array, reply: Uint8Array): Uint8Array {
  const copy = reply.slice()
  for (let offset = HEADER_OCTETS; offset < Math.min(query.length, reply.length); offset++) {
    if (lowerCase(copy[offset]!) === lowerCase(query[offset]!)) copy[offset] = query[offset]!
  }
  return copy
}

function lowerCase(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet
}
