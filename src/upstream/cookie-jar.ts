// DNS cookies towards one server (RFC 7873): a forger who cannot read our queries would have to guess 64 bits more.

import { randomBytes } from 'node:crypto'
import { cookieOption, readCookie } from '../dns/cookie.ts'
import { CLIENT_COOKIE_OCTETS } from '../dns/edns.ts'
import { isBadCookie } from '../dns/response.ts'
import type { Judgement } from './judge.ts'

export interface CookieJar {
  /** The option of the next query. */
  option(): Uint8Array
  /**
   * What a reply over UDP is worth by its cookie, when by all else it is `judgement`. A reply with another cookie is 'wrong'. One
   * without, from a server that has sent them before, or one that asks for a fresh one, is 'bare': to be asked for again over TCP.
   */
  judge(reply: Uint8Array, judgement: Judgement): Judgement
  /** A reply over TCP, where there are no forgers, says whether the server does cookies. */
  learn(reply: Uint8Array): void
}

export function createCookieJar(): CookieJar {
  const client = randomBytes(CLIENT_COOKIE_OCTETS)
  let option = cookieOption(client)
  let isExpected = false

  function keep(reply: Uint8Array): 'ours' | 'none' | 'foreign' {
    const cookie = readCookie(reply)
    if (cookie === undefined) return 'none'
    if (!client.equals(cookie.client)) return 'foreign'
    if (cookie.server.length > 0) {
      option = cookieOption(client, cookie.server)
      isExpected = true
    }
    return 'ours'
  }

  function judge(reply: Uint8Array, judgement: Judgement): Judgement {
    if (judgement === 'wrong') return 'wrong'
    const kept = keep(reply)
    if (kept === 'foreign') return 'wrong'
    if (kept === 'none' && isExpected) return 'bare'
    return isBadCookie(reply) ? 'bare' : judgement
  }

  return {
    option: () => option,
    judge,
    learn: (reply) => {
      // Servers of different kinds may share an address: then nothing can be expected.
      if (keep(reply) !== 'ours') isExpected = false
    },
  }
}
